import { BATCH } from './batch-layout.ts'
import { crc32c } from './crc32c.ts'
import type { NewKafkaRecord } from './kafka-record.ts'
import { BATCH_OVERHEAD, fieldBytes, recordBytes, textBytes, varintBytes } from './record-bytes.ts'
import { varlongBytes, writeInt64, writeVarint, writeVarlong } from './write-integer.ts'

const MAGIC = 2

/**
 * One record batch (Kafka's message format, version 2) of `records`, at least one: uncompressed,
 * with the times that the records carry (CreateTime), by no producer id and outside any transaction.
 */
export function writeRecordBatch(records: readonly NewKafkaRecord[]): Buffer {
  let bound = BATCH_OVERHEAD
  for (const record of records) bound += recordBytes(record)
  const bytes = Buffer.allocUnsafe(bound)
  const baseTimestamp = records[0]?.timestamp ?? 0
  let maxTimestamp = baseTimestamp
  let end: number = BATCH.records
  let delta = 0
  for (const record of records) {
    if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp
    end = writeRecord(record, record.timestamp - baseTimestamp, delta++, bytes, end)
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
  record: NewKafkaRecord,
  timestampDelta: number,
  offsetDelta: number,
  into: Buffer,
  start: number,
): number {
  const { key, value, headers } = record
  let size = 1 + varlongBytes(timestampDelta) + varintBytes(offsetDelta)
  size += fieldBytes(key) + fieldBytes(value) + varintBytes(headers.length)
  for (const [name, content] of headers) size += fieldBytes(name) + fieldBytes(content)

  let at = writeVarint(into, start, size)
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
  return at
}

function writeField(content: Uint8Array | string | null, into: Buffer, start: number): number {
  if (content === null) return writeVarint(into, start, -1)
  if (typeof content === 'string') return writeText(content, into, start)
  const at = writeVarint(into, start, content.length)
  into.set(content, at)
  return at + content.length
}

function writeText(text: string, into: Buffer, start: number): number {
  const length = textBytes(text)
  const at = writeVarint(into, start, length)
  if (length > 40 || length !== text.length) into.write(text, at)
  else for (let i = 0; i < length; i++) into[at + i] = text.charCodeAt(i)
  return at + length
}
