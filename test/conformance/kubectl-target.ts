import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ingressUrl, type RemoteOptions } from './folder-target.ts'
import { type Resource, yamlOf } from './resources.ts'
import type { Patience, ResourceFile, Target } from './target.ts'

const LOOK_AGAIN_MS = 1000

interface Listed {
  readonly items: readonly {
    readonly metadata: { readonly name: string }
    readonly status?: {
      readonly conditions?: readonly { readonly type: string; readonly status: string }[]
    }
  }[]
}

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
      await this.#kubectl(['create', 'namespace', this.namespace])
    }
    const refused = files.flatMap((file) =>
      file.resources.filter(({ metadata }) => file.refused.includes(metadata.name)),
    )
    const wanted = files
      .flatMap(({ resources }) => resources)
      .filter((each) => !refused.includes(each))
    await this.#kubectl(['apply', '-f', '-'], yamlOf(wanted))
    for (const each of refused) await this.#kubectl(['apply', '-f', '-'], yamlOf([each]))
    await this.#becomeReady(wanted)
    await sleep(this.#options.settleMs)
  }

  async readyTriggers(): Promise<ReadonlySet<string>> {
    return await this.#ready('triggers')
  }

  async close(): Promise<void> {
    await this.#kubectl(['delete', 'namespace', this.namespace, '--wait=false'])
  }

  /** Waits as long as one after the other becomes Ready. One that does not fails its own case, not all. */
  async #becomeReady(resources: readonly Resource[]): Promise<void> {
    let pending = resources.length
    let end = performance.now() + this.patience.deadlineMs
    while (pending > 0 && performance.now() < end) {
      const ready = { Broker: await this.#ready('brokers'), Trigger: await this.#ready('triggers') }
      const left = resources.filter(
        ({ kind, metadata }) => !ready[kind as keyof typeof ready].has(metadata.name),
      ).length
      if (left < pending) end = performance.now() + this.patience.deadlineMs
      pending = left
      if (pending > 0) await sleep(LOOK_AGAIN_MS)
    }
  }

  async #ready(kind: 'brokers' | 'triggers'): Promise<ReadonlySet<string>> {
    const output = await this.#kubectl([
      'get',
      `${kind}.eventing.knative.dev`,
      '-n',
      this.namespace,
      '-o',
      'json',
    ])
    if (output === '') return new Set()
    const { items } = JSON.parse(output) as Listed
    const ready = items.filter(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
    )
    return new Set(ready.map(({ metadata }) => metadata.name))
  }

  /** @returns what it printed; what it complains about is for the reader of the run. */
  async #kubectl(args: readonly string[], input = ''): Promise<string> {
    const child = spawn('kubectl', args, { stdio: ['pipe', 'pipe', 'inherit'] })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text
    })
    child.stdin.on('error', () => {})
    child.stdin.end(input)
    await once(child, 'close')
    return output
  }
}
