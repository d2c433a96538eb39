import { Problem } from '#problems/problem.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { KafkaCluster } from './kafka-cluster.ts'
import type { KafkaSecurity, KafkaSettings } from './kafka-settings.ts'
import { KafkaProducer } from './producer.ts'

export interface KafkaClustersOptions {
  /** `KAFKA_BROKERS`: overrides the `bootstrap.servers` of every Broker. */
  readonly servers: readonly string[] | undefined
  readonly clientId: string
  readonly lingerMs: number
  readonly clock: Clock
  /** @throws TypeError when a server is not `host:port` */
  readonly connect: (options: {
    readonly servers: readonly string[]
    readonly clientId: string
    readonly security: KafkaSecurity | undefined
  }) => KafkaCluster
}

/** Where a Broker's topics are, and the connections that lead there. */
export interface KafkaBroker {
  readonly cluster: KafkaCluster
  readonly producer: KafkaProducer
  readonly settings: KafkaSettings
  readonly servers: readonly string[]
}

interface Connected {
  readonly cluster: KafkaCluster
  readonly producer: KafkaProducer
}

/** How long a client is kept that no Broker needs any more, with its login. */
const UNUSED_MS = 60_000

/** Which Broker is on which Kafka cluster. Brokers with the same servers and login share connections. */
export class KafkaClusters {
  readonly #options: KafkaClustersOptions
  readonly #settings = new Map<string, KafkaSettings>()
  readonly #connected = new Map<string, Connected>()
  readonly #timers = new Set<Cancel>()
  #isClosed = false

  constructor(options: KafkaClustersOptions) {
    this.#options = options
  }

  /** Takes over the Brokers of a snapshot, before anybody asks for them. */
  apply(brokers: readonly { readonly key: string; readonly kafka: KafkaSettings }[]): void {
    this.#settings.clear()
    for (const { key, kafka } of brokers) this.#settings.set(key, kafka)
    const used = new Set([...this.#settings.values()].map((settings) => this.#keyOf(settings)))
    for (const [key, connected] of this.#connected) {
      if (!used.has(key)) this.#closeLater(key, connected)
    }
  }

  /** The Brokers (`<namespace>/<name>`) of the last snapshot. */
  keys(): readonly string[] {
    return [...this.#settings.keys()]
  }

  /**
   * Where the Broker `<namespace>/<name>` is.
   * @throws Problem `log-unavailable` when it is unknown, or nothing says where its Kafka is.
   */
  of(broker: string): KafkaBroker {
    const settings = this.#settings.get(broker)
    const servers = this.#options.servers ?? settings?.bootstrapServers
    if (settings === undefined || this.#isClosed) {
      throw unavailable(`Cannot find the Kafka of ${broker}: there is no such Broker`)
    }
    if (servers === undefined) {
      throw unavailable(
        `Cannot find the Kafka of ${broker}: set KAFKA_BROKERS, or "bootstrap.servers" in the ConfigMap that the Broker's "spec.config" names`,
      )
    }
    return { ...this.#connect(servers, settings.security), settings, servers }
  }

  /** Ends what is under way, and all connections. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const cancel of this.#timers) cancel()
    const connected = [...this.#connected.values()]
    await Promise.all(connected.map(({ producer }) => producer.close()))
    await Promise.all(connected.map(({ cluster }) => cluster.close()))
  }

  #keyOf({ bootstrapServers = [], security }: KafkaSettings): string {
    return keyOf(this.#options.servers ?? bootstrapServers, security)
  }

  /** Logs that are about to move still use it for a moment. */
  #closeLater(key: string, connected: Connected): void {
    const cancel = this.#options.clock.after(UNUSED_MS, () => {
      this.#timers.delete(cancel)
      const isUsed = [...this.#settings.values()].some((settings) => this.#keyOf(settings) === key)
      if (isUsed || this.#connected.get(key) !== connected) return
      this.#connected.delete(key)
      void connected.producer.close().then(() => connected.cluster.close())
    })
    this.#timers.add(cancel)
  }

  #connect(servers: readonly string[], security: KafkaSecurity | undefined): Connected {
    const { clientId, lingerMs, clock, connect } = this.#options
    const key = keyOf(servers, security)
    const known = this.#connected.get(key)
    if (known !== undefined) return known
    const cluster = connect({ servers, clientId, security })
    const connected = { cluster, producer: new KafkaProducer({ cluster, clock, lingerMs }) }
    this.#connected.set(key, connected)
    return connected
  }
}

function keyOf(servers: readonly string[], security: KafkaSecurity | undefined): string {
  return JSON.stringify([servers, security])
}

function unavailable(detail: string): Problem {
  return new Problem('log-unavailable', detail, { retryAfterSeconds: 5 })
}
