import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import type { KafkaBroker, KafkaClusters } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { eventsTopic } from '#kafka/topic-names.ts'
import { Problem } from '#problems/problem.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { checkBrokerName } from '../check-broker-name.ts'
import type { EventLog, EventLogs, Retention } from '../event-log.ts'
import { KafkaEventLog } from './kafka-event-log.ts'
import { prepareTopic } from './prepare-topic.ts'

export interface KafkaEventLogsOptions {
  readonly clusters: KafkaClusters
  /** How this process is called among the members of a group. */
  readonly clientId: string
  /** The largest event that the gateway takes; topics are made to hold it. */
  readonly maxEventBytes: number
  readonly clock: Clock
  readonly logger: Logger
}

/** A log that is open or being opened, and where. */
interface Opened {
  readonly opening: Promise<EventLog>
  readonly cluster: KafkaCluster
  readonly topic: string
}

/** The topics of Brokers. What one `open` has begun, the next one for the same Broker waits for. */
export class KafkaEventLogs implements EventLogs {
  readonly #options: KafkaEventLogsOptions
  readonly #open = new Map<string, Opened>()
  #isClosed = false

  constructor(options: KafkaEventLogsOptions) {
    this.#options = options
  }

  /**
   * The retention counts when the topic is created; one that is there keeps its own. When the
   * Broker's Kafka, its login or its topic has changed, this is another log, and the earlier one is
   * closed.
   */
  async open(broker: string, retention: Retention): Promise<EventLog> {
    checkBrokerName(broker)
    if (this.#isClosed) throw unavailable(broker, 'the event logs are closed', undefined)
    const kafka = this.#options.clusters.of(broker)
    const topic = eventsTopic(broker, kafka.settings.externalTopic)
    const known = this.#open.get(broker)
    if (known?.cluster === kafka.cluster && known.topic === topic) return known.opening
    const opened = {
      opening: this.#openTopic(broker, topic, kafka, retention),
      cluster: kafka.cluster,
      topic,
    }
    this.#open.set(broker, opened)
    opened.opening.catch(() => this.#forget(broker, opened, known))
    const log = await opened.opening
    await known?.opening.then(closeLog, () => undefined)
    return log
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const openings = [...this.#open.values()].map(({ opening }) => opening)
    await Promise.allSettled(openings.map((opening) => opening.then(closeLog)))
  }

  async #openTopic(
    broker: string,
    name: string,
    kafka: KafkaBroker,
    retention: Retention,
  ): Promise<EventLog> {
    const { clientId, maxEventBytes, clock, logger } = this.#options
    try {
      const topic = await prepareTopic(name, kafka, retention, maxEventBytes, logger)
      const closed = () => this.#closed(broker, kafka.cluster, name)
      return new KafkaEventLog({ broker, topic, kafka, clientId, clock, logger, closed })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const where = kafka.servers.join(', ')
      throw unavailable(broker, `topic ${name} on ${where}: ${error.code}: ${error.message}`, error)
    }
  }

  #closed(broker: string, cluster: KafkaCluster, topic: string): void {
    const opened = this.#open.get(broker)
    if (opened?.cluster === cluster && opened.topic === topic) this.#open.delete(broker)
  }

  /** The earlier one is still there, and is closed with the others. Another may be in its place by now. */
  #forget(broker: string, opened: Opened, earlier: Opened | undefined): void {
    if (this.#open.get(broker) !== opened) return
    this.#open.delete(broker)
    if (earlier === undefined) return
    this.#open.set(broker, earlier)
    earlier.opening.catch(() => this.#forget(broker, earlier, undefined))
  }
}

function closeLog(log: EventLog): Promise<void> {
  return log.close()
}

function unavailable(broker: string, reason: string, cause: unknown): Problem {
  const detail = `Cannot open the event log of ${broker}: ${reason}`
  return new Problem('log-unavailable', detail, { cause, retryAfterSeconds: 5 })
}
