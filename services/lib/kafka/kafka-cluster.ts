import type { KafkaRecord, NewKafkaRecord } from './records/kafka-record.ts'

/**
 * Which connections a request takes. Requests of one lane to one broker wait for each other, so
 * whatever may take long (a long poll, a membership) has a lane of its own.
 */
export type Lane = string

export interface PartitionLeader {
  readonly partition: number
  /** The broker that leads it; `undefined` while there is none. */
  readonly leader: number | undefined
  /** How many brokers are to keep it. */
  readonly replicas: number
}

/** What became of one partition's batch: its first offset, or why it may not be stored. */
export type ProduceResult =
  | { readonly baseOffset: number }
  | { readonly error: KafkaErrorLike; readonly baseOffset?: undefined }

export interface KafkaErrorLike {
  readonly code: string
  readonly message: string
}

export interface FetchPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

/** What one partition answered to a fetch. */
export interface FetchResult extends FetchPosition {
  /** Committed records at or above the offset that was asked for, ascending. */
  readonly records: readonly KafkaRecord[]
  /** Where to go on: above the last record, gap or marker that was read; the offset asked for when there was nothing. */
  readonly next: number
  /** The first offset that is kept. */
  readonly start: number
  /** The end of what is committed. */
  readonly end: number
  /** Why there is nothing: the others of the same fetch have theirs all the same. */
  readonly error?: KafkaErrorLike
}

export interface FetchOptions {
  readonly lane: Lane
  /** Of the whole answer, about; each partition has at least one batch. */
  readonly maxBytes: number
  /** How long the broker may wait for the first byte, in milliseconds. */
  readonly waitMs: number
}

export interface TopicSpec {
  readonly topic: string
  readonly partitions: number
  /** `undefined`: three, or as many as there are brokers. */
  readonly replicationFactor: number | undefined
  readonly config: Readonly<Record<string, string>>
}

/** A member as the group's leader sees it. */
export interface GroupMemberInfo {
  readonly memberId: string
  readonly metadata: Uint8Array
}

export interface JoinedGroup {
  readonly memberId: string
  readonly generation: number
  readonly leaderId: string
  /** For the leader only. */
  readonly members: readonly GroupMemberInfo[]
}

/** A classic consumer group, request by request. @throws KafkaError with the broker's code */
export interface GroupConnection {
  /** Waits until all members have joined, at most the rebalance time-out. An empty `memberId` is a new member. */
  join(options: {
    readonly memberId: string
    readonly sessionTimeoutMs: number
    readonly rebalanceTimeoutMs: number
    readonly protocol: string
    readonly metadata: Uint8Array
  }): Promise<JoinedGroup>
  /** The leader says who gets what; everybody gets his own. */
  sync(options: {
    readonly memberId: string
    readonly generation: number
    readonly assignments: ReadonlyMap<string, Uint8Array>
  }): Promise<Uint8Array>
  heartbeat(options: { readonly memberId: string; readonly generation: number }): Promise<void>
  leave(memberId: string): Promise<void>
  close(): Promise<void>
}

/**
 * What Sluice asks of a Kafka cluster. Requests are made once: retries are the caller's, who knows
 * what was promised. Each ends within its time-out (5 s where nothing else is said).
 *
 * @throws KafkaError
 */
export interface KafkaCluster {
  /** The partitions of a topic, ascending, as of the last refresh. Asks when it knows nothing; an unknown topic is `UNKNOWN_TOPIC_OR_PARTITION`. */
  partitions(topic: string): Promise<readonly PartitionLeader[]>
  /** Forgets what is known about a topic, so that the next question goes to the cluster. */
  forget(topic: string): void
  /** How many brokers there are. */
  brokerCount(): Promise<number>

  /**
   * Sends one batch per partition to the broker that leads all of these partitions, `acks=all`.
   * Every partition that was sent is in the answer: one that the broker does not name is an error.
   */
  produce(
    leader: number,
    batches: readonly { topic: string; partition: number; records: readonly NewKafkaRecord[] }[],
    timeoutMs: number,
  ): Promise<readonly ProduceResult[]>

  /** Reads on from positions that one broker leads, in one request. Resolves with one entry per position, in order. */
  fetch(
    leader: number,
    from: readonly FetchPosition[],
    options: FetchOptions,
  ): Promise<readonly FetchResult[]>

  /** Ends the requests of a lane at once; its connections are opened again when they are needed. */
  cut(lane: Lane): void

  /** Per partition the first offset, the end, or the first record at or after a time (ms since 1970; the end when there is none). */
  listOffsets(
    topic: string,
    partitions: readonly number[],
    at: 'earliest' | 'latest' | number,
  ): Promise<ReadonlyMap<number, number>>

  /** Creates topics that are missing. Resolves with those that were created. Never changes one. */
  createTopics(topics: readonly TopicSpec[]): Promise<readonly string[]>
  /** A topic's settings, by name. */
  topicConfig(topic: string): Promise<ReadonlyMap<string, string>>

  group(groupId: string): GroupConnection
  /** Commits for a group that has no members; `UNKNOWN_MEMBER_ID` while it has. */
  commitOffsets(groupId: string, topic: string, offsets: ReadonlyMap<number, number>): Promise<void>
  /** What a group has committed for a topic; partitions without a commit are left out. */
  committedOffsets(
    groupId: string,
    topic: string,
    partitions: readonly number[],
  ): Promise<ReadonlyMap<number, number>>

  close(): Promise<void>
}
