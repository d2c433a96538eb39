import type { PartitionLeader } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { BrokerConnection } from './broker-connection.ts'
import type { ClusterMetadata } from './cluster-metadata.ts'
import { expectNoError } from './kafka-failure.ts'

const ASK_MS = 5000
const READ_COMMITTED = 1
const CONSUMER = -1
const AT = { latest: -1, earliest: -2 }
/** A commit from outside the group. */
const NO_GENERATION = -1
const NONE = -1

interface OffsetsAnswer {
  readonly responses: readonly {
    readonly partitions: readonly {
      readonly partition: number
      readonly errorCode: number
      readonly offset: string
    }[]
  }[]
}

/** Offsets of partitions, and those that groups have committed. */
export class KafkajsOffsets {
  readonly #metadata: ClusterMetadata
  readonly #node: (id: number) => Promise<BrokerConnection>
  readonly #anywhere: <T>(use: (connection: BrokerConnection) => Promise<T>) => Promise<T>

  constructor(
    metadata: ClusterMetadata,
    node: (id: number) => Promise<BrokerConnection>,
    anywhere: <T>(use: (connection: BrokerConnection) => Promise<T>) => Promise<T>,
  ) {
    this.#metadata = metadata
    this.#node = node
    this.#anywhere = anywhere
  }

  /** See `KafkaCluster.listOffsets`. */
  async list(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest' | number,
  ): Promise<ReadonlyMap<number, number>> {
    const timestamp = typeof at === 'number' ? at : AT[at]
    const found = await this.#listAt(topic, partitions, timestamp)
    const after = [...found].filter(([, offset]) => offset === NONE).map(([id]) => id)
    if (after.length === 0) return found
    // Nothing is that late: the end.
    return new Map([...found, ...(await this.#listAt(topic, after, AT.latest))])
  }

  /** The broker that keeps a group. */
  async findCoordinator(groupId: string): Promise<number> {
    const answer = await this.#anywhere((connection) =>
      connection.ask<{ errorCode: number; coordinator: { nodeId: number } }>(
        'GroupCoordinator',
        { groupId, coordinatorType: 0 },
        ASK_MS,
      ),
    )
    expectNoError(answer.errorCode, `Coordinator of group ${groupId}`)
    return answer.coordinator.nodeId
  }

  /** See `KafkaCluster.commitOffsets`. */
  async commit(
    groupId: string,
    topic: string,
    offsets: ReadonlyMap<number, number>,
  ): Promise<void> {
    const connection = await this.#node(await this.findCoordinator(groupId))
    const partitions = [...offsets].map(([partition, offset]) => ({
      partition,
      offset: `${offset}`,
    }))
    const { responses } = await connection.ask<OffsetsAnswer>(
      'OffsetCommit',
      {
        groupId,
        groupGenerationId: NO_GENERATION,
        memberId: '',
        topics: [{ topic, partitions }],
      },
      ASK_MS,
    )
    for (const { errorCode } of responses.flatMap((each) => each.partitions)) {
      expectNoError(errorCode, `Commit for group ${groupId}`)
    }
  }

  /** See `KafkaCluster.committedOffsets`. */
  async committed(
    groupId: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, number>> {
    const connection = await this.#node(await this.findCoordinator(groupId))
    const { responses, errorCode = 0 } = await connection.ask<
      OffsetsAnswer & { errorCode?: number }
    >(
      'OffsetFetch',
      { groupId, topics: [{ topic, partitions: partitions.map((partition) => ({ partition })) }] },
      ASK_MS,
    )
    expectNoError(errorCode, `Offsets of group ${groupId}`)
    const committed = new Map<number, number>()
    for (const answer of responses.flatMap((each) => each.partitions)) {
      expectNoError(answer.errorCode, `Offsets of group ${groupId}`)
      const offset = Number(answer.offset)
      if (offset !== NONE) committed.set(answer.partition, offset)
    }
    return committed
  }

  async #listAt(
    topic: string,
    partitions: readonly number[],
    timestamp: number,
  ): Promise<Map<number, number>> {
    const wanted = new Set(partitions)
    const leaders = (await this.#metadata.partitions(topic)).filter((each) =>
      wanted.has(each.partition),
    )
    if (leaders.length < wanted.size) {
      throw new KafkaError('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic} has fewer partitions`)
    }
    const byLeader = [...Map.groupBy(leaders, ({ leader }) => leader)]
    const found = await Promise.all(
      byLeader.map(([leader, ofLeader]) => this.#listOf(topic, leader, ofLeader, timestamp)),
    )
    return new Map(found.flat())
  }

  async #listOf(
    topic: string,
    leader: number | undefined,
    partitions: readonly PartitionLeader[],
    timestamp: number,
  ): Promise<(readonly [number, number])[]> {
    try {
      if (leader === undefined) {
        throw new KafkaError('LEADER_NOT_AVAILABLE', `Topic ${topic}: a partition has no leader`)
      }
      const connection = await this.#node(leader)
      const { responses } = await connection.ask<OffsetsAnswer>(
        'ListOffsets',
        {
          replicaId: CONSUMER,
          isolationLevel: READ_COMMITTED,
          topics: [
            {
              topic,
              partitions: partitions.map(({ partition }) => ({ partition, timestamp })),
            },
          ],
        },
        ASK_MS,
      )
      return responses
        .flatMap((each) => each.partitions)
        .map(({ partition, errorCode, offset }) => {
          expectNoError(errorCode, `Offsets of topic ${topic}`)
          return [partition, Number(offset)] as const
        })
    } catch (error) {
      this.#metadata.forget(topic)
      throw error
    }
  }
}
