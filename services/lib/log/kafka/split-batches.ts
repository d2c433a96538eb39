import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { BATCH_OVERHEAD, recordBytes } from '#kafka/records/record-bytes.ts'
import type { NewRecord } from '../event-log.ts'
import { partitionForKey } from './partition-for-key.ts'
import type { StickyPartition } from './sticky-partition.ts'
import { writeRecord } from './write-record.ts'

/** Below the 64 KiB that Knative's dispatcher reads at full speed. */
const BATCH_BYTES = 60 * 1024

/** Records for one partition that are sent together. */
export interface SplitBatch {
  readonly partition: number
  readonly written: NewKafkaRecord[]
  /** Which of the records these are. */
  readonly indexes: number[]
}

/**
 * Divides records among partitions, their order kept, in batches that the topic takes (`maxBytes`);
 * and the bytes of the largest record. One with a key goes where Kafka's own client, and so Knative's
 * receiver, puts it, so that both keep one order; one without goes where `keyless` says.
 */
export function splitBatches(
  records: readonly NewRecord[],
  partitions: number,
  keyless: StickyPartition,
  maxBytes: number,
  now: number,
): { readonly batches: readonly SplitBatch[]; readonly largest: number } {
  const batches: SplitBatch[] = []
  const filling = new Map<number, { batch: SplitBatch; bytes: number }>()
  const room = Math.min(BATCH_BYTES, maxBytes) - BATCH_OVERHEAD
  let largest = 0
  for (const [index, record] of records.entries()) {
    const written = writeRecord(record, now)
    const bytes = recordBytes(written)
    const partition =
      typeof written.key === 'string'
        ? partitionForKey(written.key, partitions)
        : keyless.take(bytes, partitions)
    largest = Math.max(largest, bytes)
    let current = filling.get(partition)
    if (current === undefined || current.bytes + bytes > room) {
      current = { batch: { partition, written: [], indexes: [] }, bytes: 0 }
      filling.set(partition, current)
      batches.push(current.batch)
    }
    current.batch.written.push(written)
    current.batch.indexes.push(index)
    current.bytes += bytes
  }
  return { batches, largest }
}
