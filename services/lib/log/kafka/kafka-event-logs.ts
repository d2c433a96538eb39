import type { KafkaClusters } from '#kafka/kafka-clusters.ts'
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

/** The topics of Brokers. What one `open` has begun, the next one for the same Broker waits for. */
export class KafkaEventLogs implements EventLogs {
  readonly #options: KafkaEventLogsOptions
  readonly #open = new Map<string, Promise<EventLog>>()
  #isClosed = false

  constructor(options: KafkaEventLogsOptions) {
    this.#options = options
  }

  /** The retention counts when the topic is created; one that is there keeps its own. */
  async open(broker: string, retention: Retention): Promise<EventLog> {
    checkBrokerName(broker)
    if (this.#isClosed) throw unavailable(broker, 'the event logs are closed', undefined)
    const known = this.#open.get(broker)
    if (known !== undefined) return known
    const opening = this.#openTopic(broker, retention)
    this.#open.set(broker, opening)
    opening.catch(() => this.#open.delete(broker))
    return opening
  }

  async close(): Promise<void> {
    this.#isClosed = true
    const logs = await Promise.allSettled(this.#open.values())
    await Promise.all(
      logs.map((log) => (log.status === 'fulfilled' ? log.value.close() : undefined)),
    )
  }

  async #openTopic(broker: string, retention: Retention): Promise<EventLog> {
    const { clusters, clientId, maxEventBytes, clock, logger } = this.#options
    const kafka = clusters.of(broker)
    const name = eventsTopic(broker, kafka.settings.externalTopic)
    try {
      const topic = await prepareTopic(name, kafka, retention, maxEventBytes, logger)
      const closed = () => this.#open.delete(broker)
      return new KafkaEventLog({ broker, topic, kafka, clientId, clock, logger, closed })
    } catch (error) {
      if (!(error instanceof KafkaError)) throw error
      const where = kafka.servers.join(', ')
      throw unavailable(broker, `topic ${name} on ${where}: ${error.code}: ${error.message}`, error)
    }
  }
}

function unavailable(broker: string, reason: string, cause: unknown): Problem {
  const detail = `Cannot open the event log of ${broker}: ${reason}`
  return new Problem('log-unavailable', detail, { cause, retryAfterSeconds: 5 })
}
