import { setTimeout as delay } from 'node:timers/promises'
import { uniqueName } from '../support/kafka/unique-name.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { type Answer, SteadyLoad } from '../support/steady-load.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'
import { Disturbances } from './disturbances.ts'
import { RecordingSubscriber, type Treatment } from './recording-subscriber.ts'

export interface TrialOptions {
  /** Servers of a running Kafka. */
  readonly servers: readonly string[]
  /** Of the topics: as many as there are brokers. */
  readonly replicas: number
  /** An empty folder. */
  readonly dir: string
  readonly perSecond: number
  readonly partitions?: number
  readonly gateways?: number
  readonly dispatchers?: number
  /** The names of the Triggers, which are the paths of their subscribers too; by default one. */
  readonly triggers?: readonly string[]
  /** The rest of each Trigger's spec. */
  readonly spec?: string
  /** Of each Trigger. */
  readonly annotations?: string
  /** More environment variables. */
  readonly env?: Readonly<Record<string, string>>
  readonly treat?: (path: string, id: string) => Treatment
  /** More attributes of an event. */
  readonly attributes?: (n: number) => Readonly<Record<string, string>>
}

const PARTITIONS = 6
/** Requests at a time; each has a connection, so that its time is the gateway's. */
const WAITING = 256
const READY_MS = 30_000

/**
 * Real gateways and dispatchers on a real Kafka, a load that goes to whichever gateways there are,
 * subscribers that remember everything; and the means to break things. Half of the events have a
 * key.
 */
export class Trial {
  readonly options: TrialOptions
  readonly broker = uniqueName('trial')
  readonly subscriber: RecordingSubscriber
  readonly disturbances = new Disturbances()
  /** What became of each event that was posted. */
  readonly answers: Answer[] = []
  readonly gateways: SluiceProcess[] = []
  readonly dispatchers: SluiceProcess[] = []
  /** Every process that there was. */
  readonly everyone: SluiceProcess[] = []
  readonly faults: string[] = []
  #load: SteadyLoad | undefined
  #turn = 0

  private constructor(options: TrialOptions, subscriber: RecordingSubscriber) {
    this.options = options
    this.subscriber = subscriber
  }

  /** Everything runs and every Trigger is Ready; nothing is posted yet. `close` it. */
  static async start(options: TrialOptions): Promise<Trial> {
    const { gateways = 2, dispatchers = 2 } = options
    const trial = new Trial(options, await RecordingSubscriber.start(options.treat))
    try {
      // The first one makes the topics and the first cursors.
      await trial.addDispatcher()
      for (let i = 1; i < dispatchers; i++) await trial.addDispatcher()
      for (let i = 0; i < gateways; i++) await trial.addGateway()
    } catch (error) {
      await trial.close()
      throw error
    }
    return trial
  }

  /** The names of all Triggers. */
  get triggers(): readonly string[] {
    return this.options.triggers ?? ['all']
  }

  get topic(): string {
    return `knative-broker-default-${this.broker}`
  }

  get posted(): number {
    return this.#load?.posted ?? 0
  }

  async addGateway(): Promise<SluiceProcess> {
    const gateway = await this.#start('gateway')
    await gateway.until('/readyz', (body) => body.includes('"ready":true'), READY_MS)
    this.gateways.push(gateway)
    return gateway
  }

  /** Resolves when its Triggers are Ready, whichever partitions it has. */
  async addDispatcher(): Promise<SluiceProcess> {
    const dispatcher = await this.#start('dispatcher')
    await dispatcher.until('/readyz', (body) => body.includes('"ready":true'), READY_MS)
    this.dispatchers.push(dispatcher)
    return dispatcher
  }

  /** Nobody is sent to it any more; and it is not asked for anything in the end. */
  remove(sluice: SluiceProcess): SluiceProcess {
    for (const list of [this.gateways, this.dispatchers]) {
      const at = list.indexOf(sluice)
      if (at >= 0) list.splice(at, 1)
    }
    return sluice
  }

  /** Starts to post. */
  begin(): void {
    const { perSecond, attributes } = this.options
    this.#load = new SteadyLoad({
      perSecond,
      maxWaiting: WAITING,
      connections: WAITING,
      url: () => this.#ingress(),
      event: (n) => ({
        attributes: {
          id: `e${n}`,
          type: 'failure',
          ...(n % 2 === 0 ? { partitionkey: `key-${n % 194}` } : {}),
          ...attributes?.(n),
        },
        data: '{"some":"data"}',
      }),
      answered: (answer) => this.answers.push(answer),
    })
  }

  /** Resolves when so many events were posted. */
  async until(posted: number): Promise<void> {
    while (this.posted < posted) await delay(10)
  }

  /** Posts no more; resolves when all is answered. */
  async end(): Promise<void> {
    await this.#load?.stop()
  }

  async close(): Promise<void> {
    await this.#load?.stop()
    await Promise.all(this.everyone.map((sluice) => sluice.stop('SIGKILL')))
    await this.subscriber.close()
  }

  #ingress(): string {
    const { gateways } = this
    const gateway = gateways[this.#turn++ % Math.max(1, gateways.length)]
    return `${gateway?.ingressUrl ?? 'http://127.0.0.1:1'}/default/${this.broker}`
  }

  async #start(role: 'gateway' | 'dispatcher'): Promise<SluiceProcess> {
    const { dir, servers } = this.options
    const kafka = { PROFILE: 'kafka', KAFKA_BROKERS: servers.join(',') }
    const env = { ...kafka, GRACE_PERIOD: 'PT5S', ...this.options.env }
    const sluice = await SluiceProcess.start({ role, dir, eventing: this.#eventing(), env })
    this.everyone.push(sluice)
    return sluice
  }

  #eventing(): string {
    const { partitions = PARTITIONS, replicas, spec, annotations } = this.options
    const { broker, triggers, subscriber } = this
    const config = `apiVersion: v1
kind: ConfigMap
metadata: {name: kafka}
data:
  bootstrap.servers: "${this.options.servers.join(',')}"
  default.topic.partitions: "${partitions}"
  default.topic.replication.factor: "${replicas}"
`
    const documents = triggers.map((name) =>
      triggerYaml({
        name: `${broker}-${name}`,
        broker,
        subscriber: `{uri: "${subscriber.url}/${name}"}`,
        ...(spec === undefined ? {} : { spec }),
        ...(annotations === undefined ? {} : { annotations }),
      }),
    )
    const named = '  config: {apiVersion: v1, kind: ConfigMap, name: kafka}'
    return [config, brokerYaml({ name: broker, spec: named }), ...documents].join('---\n')
  }
}
