import type { FetchResult } from '#kafka/kafka-cluster.ts'
import type { LogRecord, PartitionRead, Position, UnreadableRecord } from '../event-log.ts'
import { recordSize } from '../record-size.ts'
import { writeMark } from './log-mark.ts'
import { readRecord } from './read-record.ts'

/** What a fetch brought for one position, as events, up to the record that passes `maxBytes`. */
export function partitionRead(
  topic: string,
  { partition, offset }: Position,
  result: FetchResult | undefined,
  maxBytes: number,
): PartitionRead {
  if (result === undefined || result.error !== undefined) {
    return { partition, records: [], next: offset, start: 0, mark: '' }
  }
  const records: LogRecord[] = []
  const unreadable: UnreadableRecord[] = []
  let bytes = 0
  let { next } = result
  let last = { offset: Math.max(0, result.next - 1), timestamp: undefined as number | undefined }
  for (const kafka of result.records) {
    if (bytes >= maxBytes) {
      next = kafka.offset
      break
    }
    const read = readRecord(kafka, partition)
    if ('reason' in read) {
      unreadable.push(read)
      bytes += kafka.value?.length ?? 0
    } else {
      records.push(read)
      bytes += recordSize(read)
    }
    last = kafka
  }
  return {
    partition,
    records,
    ...(unreadable.length === 0 ? {} : { unreadable }),
    next,
    start: result.start,
    mark: writeMark({ topic, offset: last.offset, timestamp: last.timestamp }),
  }
}

/**
 * Why nothing can be said about what is new: every partition failed, or the topic is gone. A part
 * of the partitions may fail while their leader moves; they come later.
 */
export function readFailure(
  from: readonly Position[],
  results: ReadonlyMap<number, FetchResult>,
): string | undefined {
  let failures = 0
  let reason: string | undefined
  for (const { partition } of from) {
    const error = results.get(partition)?.error
    if (error === undefined || error.code === 'OFFSET_OUT_OF_RANGE') continue
    failures++
    reason = `partition ${partition}: ${error.code}: ${error.message}`
    if (error.code === 'UNKNOWN_TOPIC_OR_PARTITION' || error.code === 'CORRUPT_MESSAGE')
      return reason
  }
  return failures === from.length && failures > 0 ? reason : undefined
}
