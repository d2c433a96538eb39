import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ingressUrl, type RemoteOptions } from './folder-target.ts'
import { type Resource, yamlOf } from './resources.ts'
import type { Patience, ResourceFile, Target } from './target.ts'

const READY = '180s'

/** A cluster with Knative's API, reached by the kubectl of the PATH. */
export class KubectlTarget implements Target {
  readonly name: string
  readonly namespace: string
  readonly brokerConfig = undefined
  readonly patience: Patience
  readonly #options: RemoteOptions
  #isCreated = false

  constructor(options: RemoteOptions) {
    this.name = options.ingress
    this.namespace = options.namespace
    this.patience = options.patience
    this.#options = options
  }

  ingress(path: string): URL {
    return ingressUrl(this.#options.ingress, path)
  }

  /** What is to be refused is applied alone, so that it takes nothing else with it. */
  async apply(files: readonly ResourceFile[]): Promise<void> {
    if (!this.#isCreated) {
      this.#isCreated = true
      await kubectl(['create', 'namespace', this.namespace])
    }
    const refused = files.flatMap(({ resources, refused }) =>
      resources.filter(({ metadata }) => refused.includes(metadata.name)),
    )
    const wanted = files
      .flatMap(({ resources }) => resources)
      .filter((each) => !refused.includes(each))
    await this.#applyEach(wanted)
    for (const each of refused) await kubectl(['apply', '-f', '-'], yamlOf([each]))
    await this.#ready(wanted)
    await sleep(this.#options.settleMs)
  }

  async close(): Promise<void> {
    await kubectl(['delete', 'namespace', this.namespace, '--wait=false'])
  }

  /** One that the API refuses against expectation fails its own case, not all of them. */
  async #applyEach(resources: readonly Resource[]): Promise<void> {
    const { code, output } = await kubectl(['apply', '-f', '-'], yamlOf(resources))
    if (code !== 0) process.stderr.write(output)
  }

  async #ready(resources: readonly Resource[]): Promise<void> {
    const names = resources.map(({ kind, metadata }) => `${kind.toLowerCase()}/${metadata.name}`)
    if (names.length === 0) return
    const wait = ['wait', '-n', this.namespace, '--for=condition=Ready', `--timeout=${READY}`]
    const { code, output } = await kubectl([...wait, ...names])
    if (code !== 0) process.stderr.write(output)
  }
}

async function kubectl(
  args: readonly string[],
  input = '',
): Promise<{ readonly code: number; readonly output: string }> {
  const child = spawn('kubectl', args, { stdio: ['pipe', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => {
    output += chunk.toString()
  })
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code: code ?? 1, output }
}
