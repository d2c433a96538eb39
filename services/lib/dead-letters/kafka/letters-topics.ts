import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import { deadLettersTopic, eventsTopic } from '#kafka/topic-names.ts'
import type { Logger } from '#telemetry/logger.ts'

/** The only partition that is written: compaction keeps one letter per key in each. */
export const LETTERS_PARTITION = 0

const PREPARE_MS = 5000
/** What a record takes beside an event's own bytes: names, lengths, header prefixes. */
const HEADERS_BYTES = 64 * 1024
/** What is known about a failure: at most 32 attempts. */
const DETAILS_BYTES = 128 * 1024
const SEGMENT_BYTES = 64 * 1024 * 1024
const DAY_MS = 24 * 60 * 60 * 1000

export interface LettersTopicsOptions {
  /** The largest event that is taken; topics are made to hold it. */
  readonly maxEventBytes: number
  readonly logger: Logger
}

/** Makes sure that the topics of dead letters are there. */
export class LettersTopics {
  readonly #options: LettersTopicsOptions
  /** By cluster and topic: what is there, or is being made. */
  readonly #prepared = new WeakMap<KafkaBroker['cluster'], Map<string, Promise<void>>>()
  readonly #reported = new Set<string>()

  constructor(options: LettersTopicsOptions) {
    this.#options = options
  }

  /**
   * Resolves when the topic for a Broker's dead letters is there: created compacted, since dead
   * letters do not expire, with the Broker's replication. One that was there before is left as it
   * is; where it may lose letters, that is said once.
   *
   * @throws KafkaError when it is missing and cannot be created, or Kafka does not answer.
   */
  async prepare(broker: string, kafka: KafkaBroker): Promise<void> {
    const topic = deadLettersTopic(broker)
    const topics = this.#topicsOf(kafka)
    const known = topics.get(topic)
    if (known !== undefined) return known
    const preparing = this.#prepare(topic, broker, kafka)
    topics.set(topic, preparing)
    try {
      await preparing
    } catch (error) {
      topics.delete(topic)
      throw error
    }
  }

  /** To be called when a topic does not take letters: the next `prepare` looks again. */
  forget(broker: string, kafka: KafkaBroker): void {
    this.#topicsOf(kafka).delete(deadLettersTopic(broker))
  }

  #topicsOf({ cluster }: KafkaBroker): Map<string, Promise<void>> {
    let topics = this.#prepared.get(cluster)
    if (topics === undefined) {
      topics = new Map()
      this.#prepared.set(cluster, topics)
    }
    return topics
  }

  async #prepare(topic: string, broker: string, { cluster, settings }: KafkaBroker): Promise<void> {
    const { maxEventBytes, logger } = this.#options
    const partitions = await retryKafka(PREPARE_MS, () => cluster.partitions(topic)).catch(absent)
    if (partitions !== undefined) return this.#report(topic, cluster)
    const events = eventsTopic(broker, settings.externalTopic)
    // Whoever writes into the Broker's topic may write what is larger than Sluice takes.
    const limit = (await configOf(cluster, events)).get('max.message.bytes')
    const maxRecordBytes = Math.max(maxEventBytes + HEADERS_BYTES, Number(limit ?? 0))
    const { replicationFactor } = settings
    const config = wantedConfig(settings, maxRecordBytes + DETAILS_BYTES)
    const spec = { topic, partitions: LETTERS_PARTITION + 1, replicationFactor, config }
    const created = await retryKafka(PREPARE_MS, () => cluster.createTopics([spec]))
    if (created.includes(topic)) logger.info({ topic }, 'Topic created')
  }

  async #report(topic: string, cluster: KafkaBroker['cluster']): Promise<void> {
    if (this.#reported.has(topic)) return
    const policy = (await configOf(cluster, topic)).get('cleanup.policy')
    if (policy === undefined || policy === 'compact') return
    this.#reported.add(topic)
    this.#options.logger.error(
      { topic, 'cleanup.policy': policy },
      'The topic of dead letters deletes them some day: set its cleanup.policy to compact',
    )
  }
}

function absent(error: unknown): undefined {
  if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
  throw error
}

/** Empty where the topic is not there, or this client may not see it. */
function configOf(
  cluster: KafkaBroker['cluster'],
  topic: string,
): Promise<ReadonlyMap<string, string>> {
  return retryKafka(PREPARE_MS, () => cluster.topicConfig(topic)).catch(() => new Map())
}

function wantedConfig(
  { topicConfig, replicationFactor }: KafkaSettings,
  maxMessageBytes: number,
): Readonly<Record<string, string>> {
  const usual = (replicationFactor ?? 0) >= 3 ? '2' : undefined
  const minInSync = topicConfig['min.insync.replicas'] ?? usual
  return {
    'cleanup.policy': 'compact',
    'max.message.bytes': String(maxMessageBytes),
    // A segment is compacted when it is closed: by its size, or when its time is over.
    'segment.bytes': String(Math.max(SEGMENT_BYTES, maxMessageBytes)),
    'max.compaction.lag.ms': String(DAY_MS),
    ...(minInSync === undefined ? {} : { 'min.insync.replicas': minInSync }),
  }
}
