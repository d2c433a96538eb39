import type { PartitionLeader } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Address, BrokerConnection } from './broker-connection.ts'
import { expectNoError } from './kafka-failure.ts'
import { type MetadataAnswer, metadataRequest } from './metadata-request.ts'

const METADATA_MS = 5000
/** Kafka's -1: nobody leads it right now. */
const NOBODY = -1

/** What is known about a cluster's brokers and topics, and asking again. */
export class ClusterMetadata {
  readonly #ask: <T>(use: (connection: BrokerConnection) => Promise<T>) => Promise<T>
  readonly #topics = new Map<string, readonly PartitionLeader[]>()
  readonly #asking = new Map<string, Promise<readonly PartitionLeader[]>>()
  #nodes = new Map<number, Address>()
  #controller = NOBODY

  /** `ask` finds a broker that answers, whichever. */
  constructor(ask: <T>(use: (connection: BrokerConnection) => Promise<T>) => Promise<T>) {
    this.#ask = ask
  }

  /** Empty before the first answer. */
  get nodes(): ReadonlyMap<number, Address> {
    return this.#nodes
  }

  /** Whoever creates topics. */
  get controller(): number {
    return this.#controller
  }

  forget(topic: string): void {
    this.#topics.delete(topic)
  }

  /** Where a broker is, is asked for again. */
  forgetNode(id: number): void {
    this.#nodes.delete(id)
  }

  /** @throws KafkaError `UNKNOWN_TOPIC_OR_PARTITION` and others */
  async partitions(topic: string): Promise<readonly PartitionLeader[]> {
    const known = this.#topics.get(topic)
    if (known !== undefined) return known
    const asking =
      this.#asking.get(topic) ?? this.#partitionsOf(topic).finally(() => this.#asking.delete(topic))
    this.#asking.set(topic, asking)
    return asking
  }

  /** Asks for the brokers, and nothing else. */
  async refreshNodes(): Promise<void> {
    await this.#refresh([])
  }

  async #partitionsOf(topic: string): Promise<readonly PartitionLeader[]> {
    const { topics } = await this.#refresh([topic])
    const found = topics.find((each) => each.topic === topic)
    if (found === undefined) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `There is no topic ${topic}`)
    }
    expectNoError(found.code, `Topic ${topic}`)
    const partitions = found.partitions
      .map(({ partition, leader, replicas }) => ({
        partition,
        replicas,
        leader: leader === NOBODY ? undefined : leader,
      }))
      .toSorted((a, b) => a.partition - b.partition)
    // One without a leader is asked for again soon, so it is not kept.
    if (partitions.every(({ leader }) => leader !== undefined)) this.#topics.set(topic, partitions)
    return partitions
  }

  async #refresh(topics: readonly string[]): Promise<MetadataAnswer> {
    const answer = await this.#ask((connection) =>
      connection.send(metadataRequest(topics), METADATA_MS),
    )
    if (answer.brokers.length > 0) {
      this.#nodes = new Map(answer.brokers.map(({ id, host, port }) => [id, { host, port }]))
    }
    this.#controller = answer.controller
    return answer
  }
}
