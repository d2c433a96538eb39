import { setTimeout as delay } from 'node:timers/promises'
import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'

/** Of each request, with its repetitions. */
const ANSWER_MS = 5000
const FETCH_BYTES = 2 * 1024 * 1024
const AGAIN_MS = 20

type Cluster = Pick<KafkaCluster, 'partitions' | 'forget' | 'listOffsets' | 'fetch'>

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** The offset at either end of a partition. @throws KafkaError */
export async function offsetAt(
  cluster: Cluster,
  { topic, partition }: TopicPartition,
  at: 'earliest' | 'latest',
): Promise<number> {
  const offsets = await retryKafka(ANSWER_MS, () => cluster.listOffsets(topic, [partition], at))
  const offset = offsets.get(partition)
  if (offset !== undefined) return offset
  throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `${topic} has no partition ${partition}`)
}

/**
 * Reads all records from one offset up to, and without, another one below the partition's end.
 * @throws KafkaError when nothing more comes within five seconds
 */
export async function readRecords(
  cluster: Cluster,
  place: TopicPartition,
  from: number,
  to: number,
  take: (record: KafkaRecord) => void,
): Promise<void> {
  let position = from
  let deadline = performance.now() + ANSWER_MS
  while (position < to) {
    const offset = position
    const { records, next, end } = await retryKafka(ANSWER_MS, () =>
      fetchAt(cluster, place, offset),
    )
    for (const record of records) if (record.offset < to) take(record)
    if (next > position) {
      position = next
      deadline = performance.now() + ANSWER_MS
    } else if (end >= to) {
      // Compaction took what stood there.
      return
    } else if (performance.now() > deadline) {
      throw new KafkaError(
        'REQUEST_TIMED_OUT',
        `${place.topic} partition ${place.partition} ends at ${end}, not at ${to}`,
      )
    } else {
      // A new leader learns by and by how far its replicas are.
      await delay(AGAIN_MS)
    }
  }
}

async function fetchAt(cluster: Cluster, { topic, partition }: TopicPartition, offset: number) {
  const leaders = await cluster.partitions(topic)
  const leader = leaders.find((each) => each.partition === partition)?.leader
  if (leader === undefined) {
    cluster.forget(topic)
    throw new KafkaError('LEADER_NOT_AVAILABLE', `${topic} partition ${partition} has no leader`)
  }
  const options = { lane: 'cursors', maxBytes: FETCH_BYTES, waitMs: 0 }
  try {
    const [read] = await cluster.fetch(leader, [{ topic, partition, offset }], options)
    if (read?.error !== undefined) throw new KafkaError(read.error.code, read.error.message)
    if (read !== undefined) return read
    throw new KafkaError('REQUEST_TIMED_OUT', `${topic} partition ${partition} was not answered`)
  } catch (error) {
    cluster.forget(topic)
    throw error
  }
}
