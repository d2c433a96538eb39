import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { BATCH_OVERHEAD, recordBytes } from '#kafka/records/record-bytes.ts'

/** Records in their order, in as few batches of at most `maxBytes` as that takes. */
export function splitRecords(
  records: readonly NewKafkaRecord[],
  maxBytes: number,
): readonly (readonly NewKafkaRecord[])[] {
  const batches: NewKafkaRecord[][] = []
  let batch: NewKafkaRecord[] = []
  let bytes = BATCH_OVERHEAD
  for (const record of records) {
    const more = recordBytes(record)
    if (batch.length > 0 && bytes + more > maxBytes) {
      batches.push(batch)
      batch = []
      bytes = BATCH_OVERHEAD
    }
    batch.push(record)
    bytes += more
  }
  if (batch.length > 0) batches.push(batch)
  return batches
}
