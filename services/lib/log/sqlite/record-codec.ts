import type { AttributeValue } from '#events/event.ts'
import type { LogRecord, NewRecord, Position } from '../event-log.ts'

/**
 * Names that are stored as one byte: their place in this list plus one. The list only ever grows
 * at its end, because segments that were written with it live on.
 */
const KNOWN_NAMES: readonly string[] = [
  'specversion',
  'id',
  'source',
  'type',
  'subject',
  'time',
  'datacontenttype',
  'dataschema',
  'partitionkey',
  'traceparent',
  'tracestate',
  'schemaurl',
  'sequence',
  'dataref',
  'sluicereplay',
]
const CODE_OF: ReadonlyMap<string, number> = new Map(KNOWN_NAMES.map((name, at) => [name, at + 1]))

const HAS_DATA = 1
const HAS_CAUSE = 2
const HAS_TRACE = 4
const HAS_TRACESTATE = 8
const IS_LATIN1 = 16

const STRING = 0
const NUMBER = 1
const TRUE = 2
const FALSE = 3

/** u32 size, flags, hops, u32 text bytes, attribute count; cause; two trace lengths. */
const FIXED_BYTES = 11 + 5 + 15 + 10
/** Code, name length, kind, value length. */
const ATTRIBUTE_BYTES = 12

/** A number of bytes that {@link encodeRecord} does not pass, for making room. */
export function recordBound(record: NewRecord): number {
  let chars = 0
  for (const [name, value] of record.event.attributes) {
    chars += name.length + (typeof value === 'string' ? value.length : 24)
  }
  const trace = record.trace
  if (trace !== undefined) chars += trace.traceparent.length + (trace.tracestate?.length ?? 0)
  const attributes = record.event.attributes.size * ATTRIBUTE_BYTES
  return FIXED_BYTES + attributes + chars * 3 + (record.event.data?.length ?? 0)
}

/**
 * Writes `record` into `into` from `at`, which must have {@link recordBound} bytes left there.
 * All strings stand together as one text, because one long write costs a tenth of twenty short
 * ones; lengths count UTF-16 units, so that reading cuts one decoded string.
 *
 * @returns where the record ends.
 */
export function encodeRecord(record: NewRecord, into: Buffer, at: number): number {
  const { attributes, data } = record.event
  let flags = data === undefined ? 0 : HAS_DATA
  let end = writeVarint(into, at + 10, attributes.size)
  let text = ''
  for (const [name, value] of attributes) {
    const code = CODE_OF.get(name)
    into[end++] = code ?? 0
    if (code === undefined) {
      end = writeVarint(into, end, name.length)
      text += name
    }
    if (typeof value === 'boolean') {
      into[end++] = value ? TRUE : FALSE
      continue
    }
    into[end++] = typeof value === 'string' ? STRING : NUMBER
    const written = typeof value === 'string' ? value : Object.is(value, -0) ? '-0' : String(value)
    end = writeVarint(into, end, written.length)
    text += written
  }
  if (record.cause !== undefined) {
    flags |= HAS_CAUSE
    end = writeVarint(into, end, record.cause.partition)
    end = writeVarint(into, end, record.cause.offset)
  }
  if (record.trace !== undefined) {
    const { traceparent, tracestate } = record.trace
    flags |= HAS_TRACE
    end = writeVarint(into, end, traceparent.length)
    text += traceparent
    if (tracestate !== undefined) {
      flags |= HAS_TRACESTATE
      end = writeVarint(into, end, tracestate.length)
      text += tracestate
    }
  }
  const textBytes = into.write(text, end)
  if (textBytes === text.length) flags |= IS_LATIN1
  end += textBytes
  if (data !== undefined) {
    into.set(data, end)
    end += data.length
  }
  writeUint32(into, at, end - at - 4)
  into[at + 4] = flags
  into[at + 5] = record.hops
  writeUint32(into, at + 6, textBytes)
  return end
}

/**
 * Where the record that begins at `at` ends.
 * @throws RangeError when it does not end within `bytes`.
 */
export function recordEnd(bytes: Buffer, at: number): number {
  const end = at + 4 < bytes.length ? at + 4 + bytes.readUInt32LE(at) : Number.POSITIVE_INFINITY
  if (end > bytes.length) throw new RangeError('a record does not end within its row')
  return end
}

/** Reads the record at `at`. Its data is a view of `bytes`, not a copy, and keeps them in memory. */
export function decodeRecord(bytes: Buffer, at: number, offset: number, time: number): LogRecord {
  const end = at + 4 + bytes.readUInt32LE(at)
  const cursor = new Cursor(bytes, at + 10)
  const flags = bytes[at + 4] ?? 0
  const textBytes = bytes.readUInt32LE(at + 6)
  const count = cursor.varint()
  // The lengths stand before the text, so they are walked twice: once to find where it begins.
  const attributesAt = cursor.at
  for (let index = 0; index < count; index++) cursor.skipAttribute()
  let cause: Position | undefined
  if (flags & HAS_CAUSE) cause = { partition: cursor.varint(), offset: cursor.varint() }
  const parentChars = flags & HAS_TRACE ? cursor.varint() : 0
  const stateChars = flags & HAS_TRACESTATE ? cursor.varint() : 0
  const dataAt = cursor.at + textBytes
  cursor.text = bytes.toString(flags & IS_LATIN1 ? 'latin1' : 'utf8', cursor.at, dataAt)
  cursor.at = attributesAt
  const attributes = new Map<string, AttributeValue>()
  for (let index = 0; index < count; index++) {
    const name = cursor.name()
    attributes.set(name, cursor.value())
  }
  const data = flags & HAS_DATA ? bytes.subarray(dataAt, end) : undefined
  const record = {
    partition: 0,
    offset,
    time,
    hops: bytes[at + 5] ?? 0,
    event: { attributes, data },
  }
  if (cause === undefined && !(flags & HAS_TRACE)) return record
  const traceparent = cursor.cut(parentChars)
  const tracestate = flags & HAS_TRACESTATE ? { tracestate: cursor.cut(stateChars) } : undefined
  return {
    ...record,
    ...(cause === undefined ? undefined : { cause }),
    ...(flags & HAS_TRACE ? { trace: { traceparent, ...tracestate } } : undefined),
  }
}

/** A walk over the lengths and the text of one record. */
class Cursor {
  readonly #bytes: Buffer
  at: number
  text = ''
  #textAt = 0

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes
    this.at = at
  }

  varint(): number {
    let byte = this.#bytes[this.at++] ?? 0
    if (byte < 128) return byte
    let value = byte & 127
    for (let scale = 128; byte >= 128; scale *= 128) {
      byte = this.#bytes[this.at++] ?? 0
      value += (byte & 127) * scale
    }
    return value
  }

  skipAttribute(): void {
    if (this.#bytes[this.at++] === 0) this.varint()
    const kind = this.#bytes[this.at++] ?? 0
    if (kind <= NUMBER) this.varint()
  }

  name(): string {
    const code = this.#bytes[this.at++] ?? 0
    if (code === 0) return this.cut(this.varint())
    const name = KNOWN_NAMES[code - 1]
    if (name === undefined) throw new RangeError(`an attribute name has the unknown code ${code}`)
    return name
  }

  value(): AttributeValue {
    const kind = this.#bytes[this.at++] ?? 0
    if (kind === STRING) return this.cut(this.varint())
    if (kind === NUMBER) return Number(this.cut(this.varint()))
    return kind === TRUE
  }

  cut(chars: number): string {
    const from = this.#textAt
    this.#textAt += chars
    return this.text.slice(from, this.#textAt)
  }
}

function writeVarint(into: Buffer, at: number, value: number): number {
  let end = at
  let rest = value
  while (rest >= 128) {
    into[end++] = (rest % 128) | 128
    rest = Math.floor(rest / 128)
  }
  into[end++] = rest
  return end
}

function writeUint32(into: Buffer, at: number, value: number): void {
  into[at] = value
  into[at + 1] = value >>> 8
  into[at + 2] = value >>> 16
  into[at + 3] = value >>> 24
}
