import { KafkaError } from '../kafka-error.ts'
import { AbortedProducers, type AbortedTransaction } from './aborted-producers.ts'
import { BATCH } from './batch-layout.ts'
import type { KafkaRecord } from './kafka-record.ts'
import { RecordBatch } from './record-batch.ts'

const MAGIC = 2

interface ReadBatchesOptions {
  /** The offset that was asked for: a batch may begin below it. */
  readonly from: number
  /** As the broker named them beside the batches. */
  readonly abortedTransactions: readonly AbortedTransaction[]
}

interface ReadBatches {
  /** Committed records, ascending, none below `from`. */
  readonly records: KafkaRecord[]
  /** The offset to go on from. */
  readonly next: number
}

/**
 * Reads what a broker answered to a fetch: record batches one after the other (Kafka's message
 * format, version 2), the last of which may be cut off. Control batches and aborted transactions
 * are left out. `next` is above the last whole batch, even where compaction has left nothing of
 * it; it is `from` when there is none.
 *
 * A batch that cannot be read ends the reading: what stands before it is returned, so that the
 * next call begins with it.
 *
 * @throws KafkaError when nothing stands before the batch that cannot be read, naming its offset:
 *   `CORRUPT_MESSAGE`, `UNSUPPORTED_FOR_MESSAGE_FORMAT` for the versions 0 and 1,
 *   `UNSUPPORTED_COMPRESSION_TYPE`, `MESSAGE_TOO_LARGE` for more than 64 MiB when decompressed.
 */
export function readRecordBatches(bytes: Buffer, options: ReadBatchesOptions): ReadBatches {
  const { from } = options
  const aborted = new AbortedProducers(options.abortedTransactions)
  const records: KafkaRecord[] = []
  let next = from
  let at = 0
  while (bytes.length - at > BATCH.magic) {
    const end = at + BATCH.partitionLeaderEpoch + bytes.readInt32BE(at + BATCH.length)
    if (end > bytes.length) break
    try {
      const batch = openBatch(bytes, at, end)
      if (isCommitted(batch, aborted) && batch.lastOffset >= from) {
        for (const record of batch.readRecords(from)) records.push(record)
      }
      next = Math.max(next, batch.lastOffset + 1)
    } catch (error) {
      if (!(error instanceof KafkaError) || next === from) throw error
      break
    }
    at = end
  }
  return { records, next }
}

function openBatch(bytes: Buffer, start: number, end: number): RecordBatch {
  const magic = bytes[start + BATCH.magic]
  if (magic === MAGIC)
    return new RecordBatch(bytes.subarray(start, Math.max(start + BATCH.attributes, end)))
  throw new KafkaError(
    'UNSUPPORTED_FOR_MESSAGE_FORMAT',
    `Cannot read the batch at offset ${bytes.readBigInt64BE(start)}: its format is of version ${magic}, and only 2 is read`,
  )
}

/** Whether the batch has records, and no transaction that was aborted. */
function isCommitted(batch: RecordBatch, aborted: AbortedProducers): boolean {
  aborted.advance(batch.lastOffset)
  if (batch.isControl) {
    if (batch.isAbort()) aborted.end(batch.producerId)
    return false
  }
  return !(batch.isTransactional && aborted.has(batch.producerId))
}
