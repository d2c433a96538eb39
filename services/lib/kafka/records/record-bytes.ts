import { BATCH } from './batch-layout.ts'
import type { NewKafkaRecord } from './kafka-record.ts'

/** What a batch has besides its records, in bytes. */
export const BATCH_OVERHEAD = BATCH.records

/** Attributes, the longest deltas of time and offset, and the longest length in front. */
const MOST = 1 + 10 + 5 + 5

/** How many bytes `record` takes in a batch: never less than it does, and at most 16 more. */
export function recordBytes(record: NewKafkaRecord): number {
  const { key, value, headers } = record
  let bytes = MOST + fieldBytes(key) + fieldBytes(value) + varintBytes(headers.length)
  for (const [name, content] of headers) bytes += fieldBytes(name) + fieldBytes(content)
  return bytes
}

/** The bytes of a key, a value, or a header's name or value, with the length in front. */
export function fieldBytes(content: Uint8Array | string | null): number {
  if (content === null) return 1
  const length = typeof content === 'string' ? textBytes(content) : content.length
  return varintBytes(length) + length
}

/** The bytes of `text` in UTF-8. A loop is faster than a call into the runtime where text is short. */
export function textBytes(text: string): number {
  if (text.length > 40) return Buffer.byteLength(text)
  for (let i = 0; i < text.length; i++) {
    if (text.charCodeAt(i) > 0x7f) return Buffer.byteLength(text)
  }
  return text.length
}

/** The bytes of a 32-bit integer as a varint, zig-zag encoded. */
export function varintBytes(value: number): number {
  const zigzag = ((value << 1) ^ (value >> 31)) >>> 0
  if (zigzag < 0x80) return 1
  if (zigzag < 0x4000) return 2
  if (zigzag < 0x200000) return 3
  return zigzag < 0x10000000 ? 4 : 5
}
