import { BATCH } from './batch-layout.ts'
import { crc32c } from './crc32c.ts'
import type { NewKafkaRecord } from './kafka-record.ts'
import { BATCH_OVERHEAD, recordBound } from './record-bytes.ts'
import { varintBytes, writeInt64, writeVarint, writeVarlong } from './write-integer.ts'

const MAGIC = 2

/**
 * One record batch (Kafka's message format, version 2) of `records`, at least one: uncompressed,
 * with the times that the records carry (CreateTime), by no producer id and outside any transaction.
 */
export function writeRecordBatch(records: readonly NewKafkaRecord[]): Buffer {
  let bound = BATCH_OVERHEAD
  for (const record of records) bound += recordBound(record)
  const bytes = Buffer.allocUnsafe(bound)
  const baseTimestamp = records[0]?.timestamp ?? 0
  let maxTimestamp = baseTimestamp
  let end: number = BATCH.records
  let index = 0
  for (const record of records) {
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp
    end = writeRecord(record, record.timestamp - baseTimestamp, index++, bytes, end)
  }
  writeInt64(bytes, BATCH.baseOffset, 0)
  bytes.writeInt32BE(end - BATCH.partitionLeaderEpoch, BATCH.length)
  bytes.writeInt32BE(-1, BATCH.partitionLeaderEpoch)
  bytes[BATCH.magic] = MAGIC
  bytes.writeInt16BE(0, BATCH.attributes)
  bytes.writeInt32BE(records.length - 1, BATCH.lastOffsetDelta)
  writeInt64(bytes, BATCH.baseTimestamp, baseTimestamp)
  writeInt64(bytes, BATCH.maxTimestamp, maxTimestamp)
  bytes.fill(0xff, BATCH.producerId, BATCH.count)
  bytes.writeInt32BE(records.length, BATCH.count)
  const batch = bytes.subarray(0, end)
  batch.writeUInt32BE(crc32c(batch, BATCH.attributes), BATCH.crc)
  return batch
}

function writeRecord(
  { key, value, headers }: NewKafkaRecord,
  timestampDelta: number,
  offsetDelta: number,
  into: Buffer,
  start: number,
): number {
  const guessed = varintBytes(guessSize(value, headers.length))
  let at = start + guessed
  into[at++] = 0 // attributes: none are defined
  at = writeVarlong(into, at, timestampDelta)
  at = writeVarint(into, at, offsetDelta)
  at = writeField(key, into, at)
  at = writeField(value, into, at)
  at = writeVarint(into, at, headers.length)
  for (const [name, content] of headers) {
    at = writeField(name, into, at)
    at = writeField(content, into, at)
  }
  return writeLength(into, start, guessed, at)
}

/** About how long a record is: a header has some forty bytes, and a wrong guess only costs a move. */
function guessSize(value: Uint8Array | null, headers: number): number {
  return (value?.length ?? 0) + headers * 40 + 10
}

function writeField(content: Uint8Array | string | null, into: Buffer, start: number): number {
  if (content === null) return writeVarint(into, start, -1)
  if (typeof content === 'string') return writeText(content, into, start)
  const at = writeVarint(into, start, content.length)
  into.set(content, at)
  return at + content.length
}

function writeText(text: string, into: Buffer, start: number): number {
  const guessed = varintBytes(text.length)
  const at = start + guessed
  return writeLength(into, start, guessed, at + into.write(text, at))
}

/**
 * Writes the length of what stands from `start` plus `guessed` to `end` in front of it, and moves
 * it where the length takes another room than guessed. Writing first and measuring then is faster
 * than the other way round, which looks at each character twice.
 */
function writeLength(into: Buffer, start: number, guessed: number, end: number): number {
  const from = start + guessed
  const needed = varintBytes(end - from)
  if (needed !== guessed) into.copyWithin(start + needed, from, end)
  writeVarint(into, start, end - from)
  return end + needed - guessed
}
