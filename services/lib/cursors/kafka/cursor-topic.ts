import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import { eventsTopic } from '#kafka/topic-names.ts'
import type { Logger } from '#telemetry/logger.ts'

const PREPARE_MS = 5000
/** Kafka 4 takes no smaller one; a batch is never larger than a segment. */
const SEGMENT_BYTES = 1024 * 1024
const MIN_INSYNC = 'min.insync.replicas'

/** Where a Broker's cursors are. */
export interface CursorTopic {
  readonly name: string
  readonly kafka: KafkaBroker
  readonly partitions: number
  /** The largest batch that it takes. */
  readonly maxBatchBytes: number
}

/** The topic of a Broker's cursors. `broker` is `<namespace>/<name>`. */
export function cursorTopicName(broker: string): string {
  return `sluice-cursors-${broker.replace('/', '-')}`
}

/**
 * Makes sure that the topic of a Broker's cursors is there: created, when it is missing, with as
 * many partitions as the events have, else left as it is. One that does not keep cursors for ever
 * is reported.
 *
 * @throws KafkaError when it is missing and cannot be created, or Kafka does not answer.
 */
export async function prepareCursorTopic(
  broker: string,
  kafka: KafkaBroker,
  logger: Logger,
): Promise<CursorTopic> {
  const { cluster, settings } = kafka
  const name = cursorTopicName(broker)
  let partitions = await countPartitions(kafka, name)
  if (partitions === undefined) {
    const events = await countPartitions(kafka, eventsTopic(broker, settings.externalTopic))
    const spec = {
      topic: name,
      partitions: events ?? settings.partitions,
      replicationFactor: settings.replicationFactor,
      config: wantedConfig(settings),
    }
    const created = await retryKafka(PREPARE_MS, () => cluster.createTopics([spec]))
    if (created.length > 0)
      logger.info({ topic: name, partitions: spec.partitions }, 'Topic created')
    partitions = (await retryKafka(PREPARE_MS, () => cluster.partitions(name))).length
  }
  const maxBatchBytes = await checkConfig(name, kafka, logger)
  return { name, kafka, partitions, maxBatchBytes }
}

/** `undefined` for a topic that is not there. */
async function countPartitions(
  { cluster }: KafkaBroker,
  topic: string,
): Promise<number | undefined> {
  try {
    return (await retryKafka(PREPARE_MS, () => cluster.partitions(topic))).length
  } catch (error) {
    if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
    throw error
  }
}

function wantedConfig({ topicConfig, replicationFactor }: KafkaSettings): Record<string, string> {
  const minInsync = topicConfig[MIN_INSYNC] ?? ((replicationFactor ?? 0) >= 3 ? '2' : undefined)
  return {
    'cleanup.policy': 'compact',
    'segment.bytes': String(SEGMENT_BYTES),
    'max.message.bytes': String(SEGMENT_BYTES),
    'min.cleanable.dirty.ratio': '0.1',
    // Also where little is saved, a load does not read what was saved long ago.
    'max.compaction.lag.ms': '60000',
    // What was removed is told for this long to whoever is reading.
    'delete.retention.ms': '3600000',
    ...(minInsync === undefined ? {} : { [MIN_INSYNC]: minInsync }),
  }
}

/** Says when the topic loses cursors. @returns the largest batch that it takes */
async function checkConfig(
  topic: string,
  { cluster }: KafkaBroker,
  logger: Logger,
): Promise<number> {
  const actual = await retryKafka(PREPARE_MS, () => cluster.topicConfig(topic)).catch(
    (error: unknown) => {
      logger.warn({ err: error, topic }, 'The settings of the topic cannot be read')
      return new Map<string, string>()
    },
  )
  const policy = actual.get('cleanup.policy') ?? 'compact'
  if (policy !== 'compact') {
    logger.error(
      { topic, 'cleanup.policy': policy },
      'Cursors will be lost: set the cleanup.policy of their topic to "compact"',
    )
  }
  return Math.min(
    Number(actual.get('max.message.bytes') ?? SEGMENT_BYTES),
    Number(actual.get('segment.bytes') ?? SEGMENT_BYTES),
  )
}
