import { BATCH } from './batch-layout.ts'
import type { NewKafkaRecord } from './kafka-record.ts'

/** What a batch has besides its records, in bytes. */
export const BATCH_OVERHEAD: number = BATCH.records

/** Length, attributes, deltas of time and offset, number of headers: the most that they can take. */
const RECORD_OVERHEAD = 5 + 1 + 10 + 5 + 5
/** Of UTF-8, for a character of a string. */
const MOST_CHARACTER_BYTES = 3

/**
 * How many bytes `record` takes in a batch: never less than it does, and more by the width of a
 * few lengths only.
 */
export function recordBytes({ key, value, headers }: NewKafkaRecord): number {
  // One long text is measured in a fraction of the time of many short ones.
  let text = typeof key === 'string' ? key : ''
  let bytes = RECORD_OVERHEAD + lengthBytes(key) + lengthBytes(value) + (value?.length ?? 0)
  if (typeof key !== 'string') bytes += key?.length ?? 0
  for (const [name, content] of headers) {
    bytes += lengthBytes(name) + lengthBytes(content)
    text += name
    if (typeof content === 'string') text += content
    else if (content !== null) bytes += content.length
  }
  return bytes + Buffer.byteLength(text)
}

/** The same from the lengths alone: up to three times as much, for making room. */
export function recordBound({ key, value, headers }: NewKafkaRecord): number {
  let bytes = RECORD_OVERHEAD + fieldBound(key) + fieldBound(value)
  for (const [name, content] of headers) bytes += fieldBound(name) + fieldBound(content)
  return bytes
}

function fieldBound(content: Uint8Array | string | null): number {
  if (content === null) return 1
  return 5 + content.length * (typeof content === 'string' ? MOST_CHARACTER_BYTES : 1)
}

/** The most that the length in front of a field can take. */
function lengthBytes(content: Uint8Array | string | null): number {
  const most = content === null ? 0 : content.length * MOST_CHARACTER_BYTES
  return most < 64 ? 1 : most < 8192 ? 2 : 5
}
