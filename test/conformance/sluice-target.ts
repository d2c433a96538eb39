import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SluiceProcess } from '../support/sluice-process.ts'
import { type Resource, yamlOf } from './resources.ts'
import { NEAR, type ResourceFile, type Target } from './target.ts'

/** Files are looked at twice a second; a change counts within a second. */
const TAKEN_OVER_MS = 1300
const READY_MS = 30_000

interface TriggersPage {
  readonly triggers: readonly {
    readonly trigger: string
    readonly readiness: { readonly ready: boolean }
  }[]
}

/** A Sluice of its own, in one process, which starts when the first resources are applied. */
export class SluiceTarget implements Target {
  readonly name: string
  readonly namespace: string
  readonly patience = NEAR
  readonly brokerConfig: Target['brokerConfig']
  readonly #env: Readonly<Record<string, string>>
  readonly #dir: string
  #sluice: SluiceProcess | undefined

  /** `kafkaBrokers`: with `PROFILE=kafka`, on these; otherwise embedded. */
  static async create(kafkaBrokers?: string): Promise<SluiceTarget> {
    const dir = await mkdtemp(join(tmpdir(), 'sluice-conformance-'))
    return new SluiceTarget(dir, kafkaBrokers)
  }

  private constructor(dir: string, kafkaBrokers: string | undefined) {
    this.#dir = dir
    // Topics outlive the run: another run must not find them.
    const run = Date.now().toString(36)
    this.name = kafkaBrokers === undefined ? 'Sluice, embedded' : 'Sluice on Kafka'
    this.namespace = kafkaBrokers === undefined ? 'conformance' : `conformance-${run}`
    this.brokerConfig =
      kafkaBrokers === undefined
        ? undefined
        : { apiVersion: 'v1', kind: 'ConfigMap', name: 'conformance-kafka' }
    this.#env =
      kafkaBrokers === undefined
        ? { PROFILE: 'embedded' }
        : { PROFILE: 'kafka', KAFKA_BROKERS: kafkaBrokers }
  }

  ingress(path: string): URL {
    return new URL(`${this.#sluice?.ingressUrl}/${path}`)
  }

  async apply(files: readonly ResourceFile[]): Promise<void> {
    const folder = join(this.#dir, 'eventing')
    await mkdir(folder, { recursive: true })
    for (const { name, resources } of files) {
      const file = join(folder, `${name}.yaml`)
      await writeFile(`${file}.tmp`, yamlOf(resources))
      await rename(`${file}.tmp`, file)
    }
    if (this.#sluice === undefined) {
      const eventing = this.brokerConfig === undefined ? '' : yamlOf([kafkaConfig(this.namespace)])
      this.#sluice = await SluiceProcess.start({ dir: this.#dir, eventing, env: this.#env })
    } else {
      await sleep(TAKEN_OVER_MS)
    }
    await this.#ready(files)
  }

  async close(): Promise<void> {
    await this.#sluice?.stop()
    await rm(this.#dir, { recursive: true, force: true })
  }

  async #ready(files: readonly ResourceFile[]): Promise<void> {
    const names = files.flatMap(({ resources, refused }) =>
      resources
        .filter(({ kind, metadata }) => kind === 'Trigger' && !refused.includes(metadata.name))
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    )
    // A Trigger that is not Ready at the end fails its own case, not all of them.
    const end = performance.now() + READY_MS
    for (;;) {
      const ready = await this.#readyTriggers()
      if (names.every((name) => ready.get(name))) return
      // What is at fault is so from the first look on; a Broker may take longer.
      const isPending = names.some((name) => !ready.has(name))
      if (performance.now() > end || !isPending) return
      await sleep(50)
    }
  }

  /** Each Trigger that is known, and whether it is Ready. */
  async #readyTriggers(): Promise<ReadonlyMap<string, boolean>> {
    const response = await this.#sluice?.get('/triggers')
    if (response?.ok !== true) return new Map()
    const { triggers } = (await response.json()) as TriggersPage
    return new Map(triggers.map(({ trigger, readiness }) => [trigger, readiness.ready]))
  }
}

/** Two partitions: enough for order by key, and quickly made. */
function kafkaConfig(namespace: string): Resource {
  const data = { 'default.topic.partitions': '2', 'default.topic.replication.factor': '1' }
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'conformance-kafka', namespace },
    data,
  }
}
