import { GroupMember } from '#kafka/group/group-member.ts'
import type { FetchResult } from '#kafka/kafka-cluster.ts'
import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import { dispatcherGroup, triggerGroup } from '#kafka/topic-names.ts'
import type { Problem } from '#problems/problem.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type {
  EventLog,
  Membership,
  NewRecord,
  PartitionBounds,
  PartitionOwner,
  PartitionRead,
  Position,
  ReadOptions,
} from '../event-log.ts'
import { byLeader, fetchFrom } from './leader-fetch.ts'
import { readMark, writeMark } from './log-mark.ts'
import { partitionRead, readFailure } from './partition-read.ts'
import type { EventsTopic } from './prepare-topic.ts'
import { TailReader } from './tail-reader.ts'
import { TopicWriter } from './topic-writer.ts'

const ASK_MS = 5000
/** How soon a topic that has grown is noticed by those that only write. */
const REFRESH_MS = 30_000
const READ_LANE = 'read'

export interface KafkaEventLogParts {
  /** `<namespace>/<name>` */
  readonly broker: string
  readonly topic: EventsTopic
  readonly kafka: KafkaBroker
  readonly clientId: string
  readonly clock: Clock
  readonly logger: Logger
  closed(): void
}

/** A Broker's topic. */
export class KafkaEventLog implements EventLog {
  readonly #parts: KafkaEventLogParts
  readonly #writer: TopicWriter
  readonly #tail: TailReader
  readonly #members = new Set<GroupMember>()
  #stopRefresh: Cancel = () => undefined
  #isClosed = false

  constructor(parts: KafkaEventLogParts) {
    this.#parts = parts
    this.#writer = new TopicWriter({ ...parts, producer: parts.kafka.producer })
    this.#tail = new TailReader(parts.kafka.cluster, parts.topic.name)
    this.#refreshLater()
  }

  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    return this.#writer.append(records)
  }

  refusal(): Problem | undefined {
    return this.#writer.refusal()
  }

  fault(): string | undefined {
    return this.#writer.fault()
  }

  async read(
    from: readonly Position[],
    { maxBytes, waitMs, signal }: ReadOptions,
  ): Promise<readonly PartitionRead[]> {
    signal.throwIfAborted()
    if (this.#isClosed) throw new Error('Cannot read the event log: it is closed')
    const results =
      waitMs > 0
        ? await this.#tail.read(from, { maxBytes, waitMs, signal })
        : await this.#readNow(from, maxBytes)
    signal.throwIfAborted()
    const failure = readFailure(from, results)
    if (failure !== undefined && !this.#isClosed) {
      throw new Error(`Cannot read topic ${this.#parts.topic.name}: ${failure}`)
    }
    return Promise.all(from.map((position) => this.#asRead(position, results, maxBytes)))
  }

  async bounds(): Promise<readonly PartitionBounds[]> {
    const { cluster } = this.#parts.kafka
    return retryKafka(ASK_MS, async () => {
      const partitions = await cluster.partitions(this.#parts.topic.name)
      return this.#boundsAmong(partitions.map(({ partition }) => partition))
    })
  }

  async offsetsAt(timeMs: number): Promise<readonly Position[]> {
    const { cluster } = this.#parts.kafka
    const { name } = this.#parts.topic
    return retryKafka(ASK_MS, async () => {
      const partitions = (await cluster.partitions(name)).map(({ partition }) => partition)
      const offsets = await cluster.listOffsets(name, partitions, Math.max(0, timeMs))
      return [...offsets].map(([partition, offset]) => ({ partition, offset }))
    })
  }

  async markAt({ partition, offset }: Position): Promise<string> {
    const { name } = this.#parts.topic
    const below = offset - 1
    const timestamp = below < 0 ? undefined : await this.#timestampAt({ partition, offset: below })
    return writeMark({ topic: name, offset: Math.max(0, below), timestamp })
  }

  async recognises({ partition, offset }: Position, mark: string): Promise<boolean> {
    const read = readMark(mark)
    if (read === undefined || read.topic !== this.#parts.topic.name) return false
    const bounds = await this.#boundsOf(partition)
    if (offset > bounds.end) return false
    // What the mark speaks of has expired, or was never a record: nothing speaks against it.
    if (read.timestamp === undefined || read.offset < bounds.start) return true
    const timestamp = await this.#timestampAt({ partition, offset: read.offset })
    return timestamp === read.timestamp
  }

  async join(owner: PartitionOwner): Promise<Membership> {
    const { broker, topic, kafka, clientId, clock, logger } = this.#parts
    const { cluster } = kafka
    const member = new GroupMember({
      connection: cluster.group(dispatcherGroup(broker)),
      topic: topic.name,
      clientId,
      partitionCount: async () => {
        cluster.forget(topic.name)
        const { length } = await cluster.partitions(topic.name)
        this.#writer.partitions = length
        return length
      },
      owner,
      clock,
      logger,
    })
    this.#members.add(member)
    await member.join()
    const leave = () => member.leave().finally(() => this.#members.delete(member))
    return { mayDeliver: () => member.mayDeliver(), leave }
  }

  async publishProgress(trigger: string, positions: readonly Position[]): Promise<void> {
    const { topic, kafka } = this.#parts
    const offsets = new Map(positions.map(({ partition, offset }) => [partition, offset]))
    await kafka.cluster.commitOffsets(triggerGroup(trigger), topic.name, offsets)
  }

  async knativeProgress(trigger: string): Promise<readonly Position[]> {
    const { cluster } = this.#parts.kafka
    const { name } = this.#parts.topic
    return retryKafka(ASK_MS, async () => {
      const partitions = (await cluster.partitions(name)).map(({ partition }) => partition)
      const offsets = await cluster.committedOffsets(triggerGroup(trigger), name, partitions)
      return [...offsets].map(([partition, offset]) => ({ partition, offset }))
    })
  }

  /** Kafka expires by itself. */
  release(): void {}

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#stopRefresh()
    this.#tail.close()
    const written = this.#writer.close()
    await Promise.allSettled([...this.#members].map((member) => member.leave()))
    await written
    this.#parts.closed()
  }

  async #readNow(
    from: readonly Position[],
    maxBytes: number,
  ): Promise<ReadonlyMap<number, FetchResult>> {
    const { kafka, topic } = this.#parts
    return retryKafka(ASK_MS, async () => {
      const { led } = await byLeader(kafka.cluster, topic.name, from)
      const options = { lane: READ_LANE, maxBytes: Math.max(maxBytes, 1), waitMs: 0 }
      const results = await Promise.all(
        [...led].map(([leader, ofLeader]) =>
          fetchFrom(kafka.cluster, topic.name, leader, ofLeader, options),
        ),
      )
      return new Map(results.flat().map((result) => [result.partition, result]))
    })
  }

  async #asRead(
    position: Position,
    results: ReadonlyMap<number, FetchResult>,
    maxBytes: number,
  ): Promise<PartitionRead> {
    const result = results.get(position.partition)
    const { name } = this.#parts.topic
    if (result?.error?.code !== 'OFFSET_OUT_OF_RANGE') {
      return partitionRead(name, position, result, maxBytes)
    }
    const { start, end } = await this.#boundsOf(position.partition)
    const next = Math.min(Math.max(position.offset, start), end) // it may have grown beyond
    const mark = writeMark({ topic: name, offset: Math.max(0, next - 1), timestamp: undefined })
    return { partition: position.partition, records: [], next, start, mark }
  }

  async #boundsOf(partition: number): Promise<PartitionBounds> {
    const [bounds] = await retryKafka(ASK_MS, () => this.#boundsAmong([partition]))
    return bounds ?? { partition, start: 0, end: 0 }
  }

  async #boundsAmong(partitions: readonly number[]): Promise<readonly PartitionBounds[]> {
    const { cluster } = this.#parts.kafka
    const { name } = this.#parts.topic
    const [starts, ends] = await Promise.all([
      cluster.listOffsets(name, partitions, 'earliest'),
      cluster.listOffsets(name, partitions, 'latest'),
    ])
    return partitions.map((partition) => {
      const start = starts.get(partition) ?? 0
      return { partition, start, end: Math.max(start, ends.get(partition) ?? 0) }
    })
  }

  /** The timestamp of the record at this very offset, where there is one. */
  async #timestampAt(position: Position): Promise<number | undefined> {
    const results = await this.#readNow([position], 1)
    const result = results.get(position.partition)
    const failure = readFailure([position], results)
    if (failure !== undefined && result?.error?.code !== 'OFFSET_OUT_OF_RANGE') {
      throw new Error(`Cannot read topic ${this.#parts.topic.name}: ${failure}`)
    }
    return result?.records.find(({ offset }) => offset === position.offset)?.timestamp
  }

  #refreshLater(): void {
    const { clock, kafka, topic } = this.#parts
    this.#stopRefresh = clock.after(REFRESH_MS, () => {
      kafka.cluster.forget(topic.name)
      kafka.cluster.partitions(topic.name).then(
        ({ length }) => {
          this.#writer.partitions = length
        },
        () => undefined,
      )
      this.#refreshLater()
    })
  }
}
