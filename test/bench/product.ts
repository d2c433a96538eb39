import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startFlags } from '../support/start-flags.ts'
import { Child } from './child.ts'
import { freePort, untilReady } from './http-server.ts'
import { inputsOf, writeInputs, writeTriggers } from './inputs.ts'
import type { Measurable } from './process-usage.ts'

const MAIN = fileURLToPath(new URL('../../services/standalone/main.ts', import.meta.url))
const EMPTY = fileURLToPath(new URL('empty-handler.ts', import.meta.url))

/** What is measured: a server that takes events at `url`. */
export interface Target {
  readonly url: string
  readonly measured: Measurable
  close(): Promise<void>
}

export interface ProductOptions {
  /** Triggers to begin with; only the first one matches. None: nothing is delivered. */
  readonly triggers: number
  readonly subscriber: string
  /** `sluice.dev/retention-bytes` of the Broker. */
  readonly retentionBytes?: string
}

/** Where the product's files go: on the disk that is to be measured. */
export function benchDir(): string {
  return process.env['BENCH_DIR'] ?? tmpdir()
}

const folders = new Set<string>()

/** Removed by `removeFolder`, or at the end. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(benchDir(), 'sluice-bench-'))
  folders.add(folder)
  return folder
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true })
  folders.delete(folder)
}

/** Removes whatever is left, whatever went wrong; when the products have ended. */
export function removeFolders(): void {
  for (const folder of folders) removeFolder(folder)
}

/** A running Sluice with one Broker, and folders of its own. */
export class Product implements Target {
  readonly url: string
  readonly child: Child
  readonly #dir: string
  readonly #options: ProductOptions

  private constructor(port: number, child: Child, dir: string, options: ProductOptions) {
    this.url = `http://127.0.0.1:${port}/default/bench`
    this.child = child
    this.#dir = dir
    this.#options = options
  }

  static async start(options: ProductOptions): Promise<Product> {
    const dir = makeFolder()
    writeInputs(dir, brokerYaml(options.retentionBytes))
    const port = await freePort()
    const child = Child.spawn(
      MAIN,
      {
        PORT: String(port),
        ADMIN_PORT: '0',
        DATA_DIR: join(dir, 'data'),
        SAMPLES: 'off',
        LOG_LEVEL: 'warn',
        ...inputsOf(dir),
      },
      startFlags('standalone'),
    )
    const product = new Product(port, child, dir, options)
    product.#writeTriggers(options.triggers, 'latest')
    await untilReady(child, port)
    return product
  }

  get measured(): Measurable {
    return this.child
  }

  /** Adds the Trigger that matches, beginning with the oldest event. */
  attach(): void {
    this.#writeTriggers(1, 'earliest')
  }

  async close(): Promise<void> {
    await this.child.stop()
    const lines = interesting(this.child.output)
    if (lines !== '') console.error(lines)
    removeFolder(this.#dir)
  }

  #writeTriggers(count: number, start: string): void {
    const { subscriber } = this.#options
    writeTriggers(this.#dir, { broker: 'bench', count, subscriber, start })
  }
}

/** The yardstick: a Fastify handler that only reads the body. */
export async function startEmptyHandler(): Promise<Target> {
  const port = await freePort()
  const child = Child.spawn(EMPTY, { PORT: String(port) })
  await untilReady(child, port)
  return {
    url: `http://127.0.0.1:${port}/default/bench`,
    measured: child,
    close: () => child.stop(),
  }
}

/** How long `npm start` takes with an empty data folder and everything else as it comes, in milliseconds. */
export async function measureStart(): Promise<number> {
  const dir = makeFolder()
  const port = await freePort()
  const started = performance.now()
  const child = Child.spawn(MAIN, {
    PORT: String(port),
    ADMIN_PORT: '0',
    DATA_DIR: join(dir, 'data'),
  })
  try {
    await untilReady(child, port)
    return performance.now() - started
  } finally {
    await child.stop()
    removeFolder(dir)
  }
}

function brokerYaml(retentionBytes: string | undefined): string {
  const annotations =
    retentionBytes === undefined
      ? ''
      : `  annotations:\n    sluice.dev/retention-bytes: "${retentionBytes}"\n`
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata:
  name: bench
${annotations}spec: {}
`
}

/** Log lines are JSON; the banner is not news. */
export function interesting(output: string): string {
  return output
    .split('\n')
    .filter((line) => line.startsWith('{') || /error/i.test(line))
    .slice(0, 10)
    .map((line) => line.slice(0, 300))
    .join('\n')
}
