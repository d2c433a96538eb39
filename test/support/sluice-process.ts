import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startFlags } from './start-flags.ts'

const MAIN = fileURLToPath(new URL('../../services/standalone/main.ts', import.meta.url))
const READY_MS = 20_000

export interface SluiceOptions {
  /** A folder for all of its files; kept between starts. */
  readonly dir: string
  /** YAML of Brokers and Triggers. */
  readonly eventing: string
  /** File names in the schemas folder, with their contents. */
  readonly schemas?: Readonly<Record<string, string>>
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>
}

/** A real `npm start`, as a process of its own, on ports of its own. */
export class SluiceProcess {
  readonly child: ChildProcess
  readonly dir: string
  output = ''
  ingressUrl = ''
  adminUrl = ''

  private constructor(child: ChildProcess, dir: string) {
    this.child = child
    this.dir = dir
    const keep = (chunk: Buffer) => {
      this.output = (this.output + chunk.toString()).slice(-200_000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
  }

  /** Resolves when it is ready. Throws with its output when it ends instead. */
  static async start(options: SluiceOptions): Promise<SluiceProcess> {
    const { dir, eventing, schemas = {}, env = {} } = options
    await mkdir(join(dir, 'eventing'), { recursive: true })
    await mkdir(join(dir, 'schemas'), { recursive: true })
    await writeFile(join(dir, 'eventing', 'all.yaml'), eventing)
    await writeFile(join(dir, 'services.yaml'), env['SERVICES'] ?? '{}\n')
    for (const [name, text] of Object.entries(schemas)) {
      const file = join(dir, 'schemas', name)
      await mkdir(join(file, '..'), { recursive: true })
      await writeFile(file, text)
    }
    const child = spawn(process.execPath, [...startFlags(), MAIN], {
      env: {
        PATH: process.env['PATH'],
        PORT: '0',
        ADMIN_PORT: '0',
        SAMPLES: 'off',
        LOG_LEVEL: 'warn',
        DATA_DIR: join(dir, 'data'),
        EVENTING_DIR: join(dir, 'eventing'),
        SCHEMAS_DIR: join(dir, 'schemas'),
        SERVICES_FILE: join(dir, 'services.yaml'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const sluice = new SluiceProcess(child, dir)
    await sluice.#ready()
    return sluice
  }

  /** Replaces the YAML, as an editor that saves by renaming does. */
  async writeEventing(yaml: string): Promise<void> {
    const file = join(this.dir, 'eventing', 'all.yaml')
    await writeFile(`${file}.tmp`, yaml)
    await rename(`${file}.tmp`, file)
  }

  async get(path: string): Promise<Response> {
    return fetch(`${this.adminUrl}${path}`)
  }

  /** Asks the administration until `holds`; at most `deadlineMs`. */
  async until(
    path: string,
    holds: (body: string) => boolean,
    deadlineMs = 10_000,
  ): Promise<string> {
    const end = performance.now() + deadlineMs
    for (;;) {
      const body = await this.get(path).then(
        (response) => response.text(),
        (error) => String(error),
      )
      if (holds(body)) return body
      if (performance.now() > end)
        throw new Error(`Never happened at ${path}: ${body.slice(0, 2000)}`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }

  /** Ends it by a signal. @returns its exit code, or null where the signal ended it */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return this.child.exitCode
    const ended = once(this.child, 'exit')
    this.child.kill(signal)
    const [code] = await ended
    return code
  }

  async #ready(): Promise<void> {
    const deadline = performance.now() + READY_MS
    for (;;) {
      this.ingressUrl = /Ingress +(http:\/\/[^/\s]+)/.exec(this.output)?.[1] ?? ''
      this.adminUrl = /Administration +(http:\/\/[^/\s]+)/.exec(this.output)?.[1] ?? ''
      if (this.ingressUrl !== '' && this.adminUrl !== '') return
      if (this.child.exitCode !== null || performance.now() > deadline) {
        this.child.kill('SIGKILL')
        throw new Error(`Sluice did not start: ${this.output}`)
      }
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}
