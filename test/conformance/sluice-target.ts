import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { SluiceProcess } from '../support/sluice-process.ts'
import { type Resource, yamlOf } from './resources.ts'
import { NEAR, type ResourceFile, type Target } from './target.ts'

/** Files are looked at twice a second; a change counts within a second, where the machine is not busy. */
const TAKEN_OVER_MS = 2000
const READY_MS = 20_000

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

  async readyTriggers(): Promise<ReadonlySet<string>> {
    const triggers = [...(await this.#readiness())].filter(([, isReady]) => isReady)
    return new Set(triggers.map(([name]) => name.slice(`${this.namespace}/`.length)))
  }

  async close(): Promise<void> {
    await this.#sluice?.stop()
    await rm(this.#dir, { recursive: true, force: true })
  }

  /** What is not Ready at the end fails its own case, not all of them. */
  async #ready(files: readonly ResourceFile[]): Promise<void> {
    const resources = files.flatMap((file) =>
      file.resources
        .filter(({ metadata }) => !file.refused.includes(metadata.name))
        .map(({ kind, metadata }) => ({ kind, key: `${metadata.namespace}/${metadata.name}` })),
    )
    const end = performance.now() + READY_MS
    const until = async (holds: () => Promise<boolean>) => {
      while (!(await holds()) && performance.now() < end) await sleep(50)
    }
    await until(async () => {
      const ready = await this.#readiness()
      return resources.every(({ kind, key }) => kind !== 'Trigger' || ready.get(key) === true)
    })
    for (const { kind, key } of resources) {
      if (kind === 'Broker') await until(() => this.#takesEvents(key))
    }
  }

  /** On Kafka a Broker's topics are made after it has become Ready. */
  async #takesEvents(broker: string): Promise<boolean> {
    const response = await fetch(this.ingress(broker), { method: 'POST' })
    await response.arrayBuffer()
    return response.status !== 503
  }

  /** Each Trigger that is known, and whether it is Ready. */
  async #readiness(): Promise<ReadonlyMap<string, boolean>> {
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
