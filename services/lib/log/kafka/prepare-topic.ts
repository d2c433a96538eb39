import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Retention } from '../event-log.ts'

/** Names, lengths and header prefixes, beside an event's own bytes. */
const HEADERS_BYTES = 64 * 1024
const PREPARE_MS = 10_000

export interface EventsTopic {
  readonly name: string
  readonly partitions: number
  /** What a batch may take. */
  readonly maxMessageBytes: number
}

/**
 * Makes sure that a Broker's topic is there: created with the Broker's settings when it is missing,
 * else left as it is, and what differs is said once. An external topic is never created.
 *
 * @throws KafkaError when it is missing and cannot be created, or Kafka does not answer.
 */
export async function prepareTopic(
  name: string,
  { cluster, settings }: KafkaBroker,
  retention: Retention,
  maxEventBytes: number,
  logger: Logger,
): Promise<EventsTopic> {
  let wanted = wantedConfig(settings, retention, maxEventBytes)
  let isNew = false
  let partitions = await retryKafka(PREPARE_MS, () => cluster.partitions(name)).catch(absent)
  if (partitions === undefined) {
    if (settings.externalTopic !== undefined) {
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `The external topic ${name} does not exist`,
      )
    }
    const { partitions: count, replicationFactor } = settings
    // Left to the cluster, a topic has three replicas where there are three brokers.
    const replicas =
      replicationFactor ?? (await retryKafka(PREPARE_MS, () => cluster.brokerCount()))
    wanted = wantedConfig({ ...settings, replicationFactor: replicas }, retention, maxEventBytes)
    const spec = { topic: name, partitions: count, replicationFactor, config: wanted }
    const created = await retryKafka(PREPARE_MS, () => cluster.createTopics([spec]))
    isNew = created.includes(name)
    partitions = await retryKafka(PREPARE_MS, () => cluster.partitions(name))
    if (isNew) logger.info({ topic: name, partitions: partitions.length }, 'Topic created')
  }
  const actual = await retryKafka(PREPARE_MS, () => cluster.topicConfig(name)).catch(
    (error: unknown) => {
      logger.warn({ err: error, topic: name }, 'The settings of the topic cannot be read')
      return new Map<string, string>()
    },
  )
  if (!isNew && settings.externalTopic === undefined) {
    const replicas = partitions[0]?.replicas ?? 0
    reportDifferences(name, settings, wanted, actual, partitions.length, replicas, logger)
  }
  const limit = Number(actual.get('max.message.bytes') ?? wanted['max.message.bytes'])
  return { name, partitions: partitions.length, maxMessageBytes: limit }
}

function absent(error: unknown): undefined {
  if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
  throw error
}

function wantedConfig(
  { topicConfig, partitions, replicationFactor }: KafkaSettings,
  { ageMs, bytes }: Retention,
  maxEventBytes: number,
): Readonly<Record<string, string>> {
  return {
    'max.message.bytes': String(maxEventBytes + HEADERS_BYTES),
    'retention.ms': String(ageMs),
    // Kafka counts them per partition.
    ...(bytes === undefined ? {} : { 'retention.bytes': String(Math.ceil(bytes / partitions)) }),
    // With three replicas, an acknowledged event survives the loss of any one broker.
    ...((replicationFactor ?? 0) >= 3 ? { 'min.insync.replicas': '2' } : {}),
    ...topicConfig,
  }
}

function reportDifferences(
  topic: string,
  settings: KafkaSettings,
  wanted: Readonly<Record<string, string>>,
  actual: ReadonlyMap<string, string>,
  partitions: number,
  replicas: number,
  logger: Logger,
): void {
  const differences: string[] = []
  const compare = (name: string, is: string | undefined, shouldBe: string) => {
    if (is !== undefined && is !== shouldBe) differences.push(`${name} is ${is}, not ${shouldBe}`)
  }
  for (const [name, value] of Object.entries(wanted)) compare(name, actual.get(name), value)
  compare('partitions', String(partitions), String(settings.partitions))
  const { replicationFactor } = settings
  if (replicationFactor !== undefined) {
    compare('replication factor', String(replicas), String(replicationFactor))
  }
  if (differences.length === 0) return
  logger.warn(
    { topic, differences },
    'The topic has other settings than its Broker; it is used as it is',
  )
}
