import type { CursorTopic } from '#cursors/kafka/cursor-topic.ts'
import { PartitionCursors } from '#cursors/kafka/partition-cursors.ts'
import type { FetchPosition } from '#kafka/kafka-cluster.ts'
import type { KafkaBroker } from '#kafka/kafka-clusters.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import type { KafkaRecord, NewKafkaRecord } from '#kafka/records/kafka-record.ts'

/** Small enough that two Triggers do not fit. */
const MAX_BATCH_BYTES = 350

/**
 * What becomes of the batches of a save: rejected, they may be stored all the same; in doubt, they
 * are sent again; late is after those of the next save; and a save may be cut off between two.
 */
export type Sending =
  | 'stored'
  | 'rejected'
  | 'rejected, and stored'
  | 'rejected, and stored late'
  | 'stored twice'
  | 'stored, and late again'
  | 'cut off'

/**
 * A cursor topic of one partition, in memory, that a test compacts as it likes: where real
 * brokers take a minute to do what one of them would ever do.
 */
export class CursorLog {
  records: readonly KafkaRecord[] = []
  end = 0
  sending: Sending = 'stored'
  #late: (readonly NewKafkaRecord[])[] = []
  /** What a fetch throws. */
  fault: Error | undefined

  /** A process's cursors of a partition, beside those of others on the same log. */
  open(partition = 0): PartitionCursors {
    const kafka = {
      cluster: {
        partitions: async () => [{ partition: 0, leader: 1, replicas: 1 }],
        forget: () => undefined,
        listOffsets: async (_topic: string, _partitions: unknown, at: unknown) =>
          new Map([[0, at === 'latest' ? this.end : 0]]),
        fetch: async (_leader: number, [from]: readonly FetchPosition[]) => [this.#fetch(from!)],
      },
      producer: {
        send: async (_topic: string, _partition: number, records: readonly NewKafkaRecord[]) =>
          this.#send(records),
      },
    } as unknown as KafkaBroker
    const topic = { name: 'cursors', kafka, partitions: 1, maxBatchBytes: MAX_BATCH_BYTES }
    return new PartitionCursors({
      broker: 'demo/shop',
      partition,
      topic: async (): Promise<CursorTopic> => topic,
      failed: () => undefined,
    })
  }

  /** Takes records that have a later one with the same key: those that `takes` says. */
  compact(takes: (record: KafkaRecord) => boolean): void {
    const last = new Map(this.records.map(({ key, offset }) => [String(key), offset]))
    this.records = this.records.filter(
      (record) => last.get(String(record.key)) === record.offset || !takes(record),
    )
  }

  /** What a reader may find who reads while it is compacted. */
  compacted(takes: (record: KafkaRecord) => boolean): CursorLog {
    const log = new CursorLog()
    log.records = this.records
    log.end = this.end
    log.compact(takes)
    return log
  }

  /** The topic is deleted and created again. */
  recreate(): void {
    this.records = []
    this.end = 0
  }

  #send(records: readonly NewKafkaRecord[]): number {
    const { sending } = this
    if (sending === 'cut off') this.sending = 'rejected'
    if (sending === 'stored twice') this.#store(records)
    if (!/^rejected(?:, and stored late)?$/.test(sending)) this.#store(records)
    const base = this.end - records.length
    if (sending.includes('late')) this.#late.push(records)
    else for (const late of this.#late.splice(0)) this.#store(late)
    if (sending.startsWith('rejected')) throw new KafkaError('REQUEST_TIMED_OUT', 'no answer')
    return base
  }

  #store(records: readonly NewKafkaRecord[]): void {
    const first = this.end
    this.records = [...this.records, ...storedAt(first, records)]
    this.end = first + records.length
  }

  #fetch({ topic, partition, offset }: FetchPosition) {
    if (this.fault !== undefined) throw this.fault
    const records = this.records.filter((record) => record.offset >= offset)
    return { topic, partition, offset, records, next: this.end, start: 0, end: this.end }
  }
}

/** Records as they are read back, the first at `offset`. */
export function storedAt(
  offset: number,
  records: readonly NewKafkaRecord[],
): readonly KafkaRecord[] {
  return records.map(({ key, value, headers, timestamp }, at) => ({
    offset: offset + at,
    timestamp,
    key: key === null ? null : Buffer.from(key),
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(([name, content]) => [
      name,
      content === null ? null : Buffer.from(content),
    ]),
  }))
}
