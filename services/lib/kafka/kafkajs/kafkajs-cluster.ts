import type {
  FetchOptions,
  FetchPosition,
  FetchResult,
  GroupConnection,
  KafkaCluster,
  Lane,
  PartitionLeader,
  ProduceResult,
  TopicSpec,
} from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import { readRecordBatches } from '../records/read-record-batches.ts'
import { retryKafka } from '../retry-kafka.ts'
import type { BrokerConnection } from './broker-connection.ts'
import { ClusterMetadata } from './cluster-metadata.ts'
import { Connections, type ConnectionsOptions } from './connections.ts'
import { type FetchedPartition, fetchRequest } from './fetch-request.ts'
import { KafkajsGroup } from './kafkajs-group.ts'
import { describeCode } from './kafkajs-internals.ts'
import { KafkajsOffsets } from './kafkajs-offsets.ts'
import { KafkajsTopics } from './kafkajs-topics.ts'
import { type Batch, produceRequest } from './produce-request.ts'

/** What a fetch may take beyond the time that the broker was allowed to wait. */
const ANSWER_MS = 5000
/** How long a new topic's leaders may take to know that they are. */
const LEADING_MS = 5000
/** Short requests: metadata, offsets, topics. */
const MAIN = 'main'
const PRODUCE = 'produce'
/** Codes that say: what we know about the topic is out of date. */
const STALE = new Set([
  'NOT_LEADER_OR_FOLLOWER',
  'LEADER_NOT_AVAILABLE',
  'UNKNOWN_TOPIC_OR_PARTITION',
  'FENCED_LEADER_EPOCH',
  'UNKNOWN_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'REPLICA_NOT_AVAILABLE',
])

/** A Kafka cluster, over kafkajs's connections. */
export class KafkajsCluster implements KafkaCluster {
  readonly #connections: Connections
  readonly #metadata: ClusterMetadata
  readonly #topics: KafkajsTopics
  readonly #offsets: KafkajsOffsets

  #groups = 0

  constructor(options: ConnectionsOptions) {
    this.#connections = new Connections(options)
    this.#metadata = new ClusterMetadata((use) =>
      this.#connections.anywhere(MAIN, this.#metadata.nodes.values(), use),
    )
    const node = (id: number) => this.#node(MAIN, id)
    this.#topics = new KafkajsTopics(this.#metadata, node)
    this.#offsets = new KafkajsOffsets(this.#metadata, node, (use) =>
      this.#connections.anywhere(MAIN, this.#metadata.nodes.values(), use),
    )
  }

  partitions(topic: string): Promise<readonly PartitionLeader[]> {
    return this.#metadata.partitions(topic)
  }

  forget(topic: string): void {
    this.#metadata.forget(topic)
  }

  async brokerCount(): Promise<number> {
    if (this.#metadata.nodes.size === 0) await this.#metadata.refreshNodes()
    return this.#metadata.nodes.size
  }

  async produce(
    leader: number,
    batches: readonly Batch[],
    timeoutMs: number,
  ): Promise<readonly ProduceResult[]> {
    const deadline = performance.now() + timeoutMs
    const connection = await this.#connected(leader, timeoutMs)
    const leftMs = Math.max(1, Math.round(deadline - performance.now()))
    const answers = await connection.send(produceRequest(batches, leftMs), leftMs)
    return batches.map(({ topic, partition }) => {
      const answer = answers.find((each) => each.topic === topic && each.partition === partition)
      // What the broker does not name, it may not have stored.
      if (answer === undefined) {
        const message = `The broker's answer does not name ${topic} partition ${partition}`
        return { error: { code: 'NO_ANSWER', message } }
      }
      if (answer.code === 0) return { baseOffset: answer.baseOffset }
      return { error: this.#failed(topic, answer.code) }
    })
  }

  async fetch(
    leader: number,
    from: readonly FetchPosition[],
    options: FetchOptions,
  ): Promise<readonly FetchResult[]> {
    const connection = await this.#node(options.lane, leader)
    const answers = await connection.send(fetchRequest(from, options), options.waitMs + ANSWER_MS)
    return from.map((position) => {
      const answer = answers.find(
        (each) => each.topic === position.topic && each.partition === position.partition,
      )
      if (answer === undefined) {
        const message = `The broker's answer does not name partition ${position.partition}`
        return nothing(position, { code: 'NO_ANSWER', message })
      }
      if (answer.code !== 0) return nothing(position, this.#failed(position.topic, answer.code))
      return read(position, answer)
    })
  }

  cut(lane: Lane): void {
    this.#connections.cut(lane)
  }

  listOffsets(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest' | number,
  ): Promise<ReadonlyMap<number, number>> {
    return this.#offsets.list(topic, partitions, at)
  }

  async createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]> {
    const created = await this.#topics.create(topics)
    for (const topic of created) await retryKafka(LEADING_MS, () => this.#expectLeading(topic))
    return created
  }

  topicConfig(topic: string): Promise<ReadonlyMap<string, string>> {
    return this.#topics.config(topic)
  }

  group(groupId: string): GroupConnection {
    const lane = `group:${++this.#groups}:${groupId}`
    let coordinator: number | undefined
    return new KafkajsGroup(groupId, {
      coordinator: async () => {
        coordinator ??= await this.#offsets.findCoordinator(groupId)
        return this.#node(lane, coordinator)
      },
      forgetCoordinator: () => {
        coordinator = undefined
      },
      cut: () => this.#connections.cut(lane),
    })
  }

  commitOffsets(
    groupId: string,
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void> {
    return this.#offsets.commit(groupId, topic, offsets)
  }

  committedOffsets(
    groupId: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, number>> {
    return this.#offsets.committed(groupId, topic, partitions)
  }

  async close(): Promise<void> {
    this.#connections.close()
  }

  /** A connection that takes longer is there for the next request. */
  async #connected(leader: number, withinMs: number): Promise<BrokerConnection> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(
      () => reject(new KafkaError('REQUEST_TIMED_OUT', `Broker ${leader}: no connection yet`)),
      withinMs,
    )
    return await Promise.race([this.#node(PRODUCE, leader), late]).finally(() =>
      clearTimeout(timer),
    )
  }

  async #node(lane: Lane, id: number): Promise<BrokerConnection> {
    if (!this.#metadata.nodes.has(id)) await this.#metadata.refreshNodes()
    const address = this.#metadata.nodes.get(id)
    if (address === undefined) {
      throw new KafkaError('BROKER_NOT_AVAILABLE', `Broker ${id} is not there`)
    }
    try {
      return await this.#connections.get(lane, address)
    } catch (error) {
      // It may be at another address by now.
      this.#metadata.forgetNode(id)
      throw error
    }
  }

  /** A broker is named as the leader a moment before it knows that itself. */
  async #expectLeading(topic: string): Promise<void> {
    const partitions = (await this.partitions(topic)).map(({ partition }) => partition)
    try {
      await this.#offsets.list(topic, partitions, 'latest')
    } catch (error) {
      throw new KafkaError('LEADER_NOT_AVAILABLE', `Topic ${topic} is not led yet`, {
        cause: error,
      })
    }
  }

  #failed(topic: string, number: number): { readonly code: string; readonly message: string } {
    const failure = describeCode(number)
    if (STALE.has(failure.code)) this.#metadata.forget(topic)
    return failure
  }
}

function nothing(position: FetchPosition, error: NonNullable<FetchResult['error']>): FetchResult {
  return { ...position, records: [], next: position.offset, start: 0, end: 0, error }
}

function read(
  position: FetchPosition,
  { batches, aborted, start, end }: FetchedPartition,
): FetchResult {
  try {
    const { records, next } = readRecordBatches(batches, {
      from: position.offset,
      abortedTransactions: aborted,
    })
    return { ...position, records, next: Math.max(next, position.offset), start, end }
  } catch (error) {
    if (error instanceof KafkaError) return nothing(position, error)
    throw error
  }
}
