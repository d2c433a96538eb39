import { HeaderNames } from './header-names.ts'
import type { KafkaRecord } from './kafka-record.ts'

/** The names of headers are the same few in record after record. */
const names = new HeaderNames()

/** Reads the records of one batch, one after the other. Their bytes are views. */
export class RecordReader {
  readonly #bytes: Buffer
  readonly #baseOffset: number
  readonly #baseTimestamp: number
  readonly #appendTime: number | undefined
  #at = 0
  /** Where the record that is being read ends, or all of them. */
  #end: number

  /**
   * `bytes` are the records, decompressed. The time of all is `appendTime` where the broker set it;
   * else each has its own, counted from `baseTimestamp`.
   */
  constructor(
    bytes: Buffer,
    baseOffset: number,
    baseTimestamp: number,
    appendTime: number | undefined,
  ) {
    this.#bytes = bytes
    this.#baseOffset = baseOffset
    this.#baseTimestamp = baseTimestamp
    this.#appendTime = appendTime
    this.#end = bytes.length
  }

  /**
   * Reads the next record; `undefined` for one below `from`.
   * @throws RangeError where it is not as it should be, saying what
   */
  next(from: number): KafkaRecord | undefined {
    const length = this.#varint()
    const end = this.#at + length
    if (length < 0 || end > this.#bytes.length) throw new RangeError('a record ends beyond it')
    this.#end = end
    this.#byte() // attributes: none are defined
    const delta = this.#varlong()
    const offset = this.#baseOffset + this.#varint()
    let record: KafkaRecord | undefined
    if (offset >= from) {
      record = this.#rest(offset, this.#appendTime ?? this.#baseTimestamp + delta)
      if (this.#at !== end) throw new RangeError('a record is longer than its fields')
    }
    this.#at = end
    this.#end = this.#bytes.length
    return record
  }

  #rest(offset: number, timestamp: number): KafkaRecord {
    const key = this.#field()
    const value = this.#field()
    const count = this.#varint()
    if (count < 0) throw new RangeError('a record has a negative number of headers')
    const headers: [string, Buffer | null][] = []
    for (let i = 0; i < count; i++) headers.push([this.#name(), this.#field()])
    return { offset, timestamp, key, value, headers }
  }

  #field(): Buffer | null {
    const length = this.#varint()
    if (length < 0) return null
    const start = this.#skip(length)
    return this.#bytes.subarray(start, start + length)
  }

  #name(): string {
    const length = this.#varint()
    if (length < 0) throw new RangeError('a header has no name')
    const start = this.#skip(length)
    return names.read(this.#bytes, start, start + length)
  }

  /** Where the next `length` bytes begin. */
  #skip(length: number): number {
    const start = this.#at
    this.#at += length
    if (this.#at > this.#end) throw new RangeError('a field ends beyond its record')
    return start
  }

  #byte(): number {
    if (this.#at >= this.#end) throw new RangeError('a record ends too soon')
    return this.#bytes[this.#at++] ?? 0
  }

  #varint(): number {
    let byte = this.#byte()
    let value = byte & 0x7f
    for (let shift = 7; byte > 0x7f; shift += 7) {
      if (shift > 28) throw new RangeError('a number has more than 32 bits')
      byte = this.#byte()
      value |= (byte & 0x7f) << shift
    }
    return (value >>> 1) ^ -(value & 1)
  }

  /** Rounded beyond 53 bits: no time is that far away. */
  #varlong(): number {
    let byte = this.#byte()
    let value = byte & 0x7f
    const isNegative = (byte & 1) === 1
    let scale = 128
    for (let bytes = 1; byte > 0x7f; bytes++, scale *= 128) {
      if (bytes === 10) throw new RangeError('a time has more than 64 bits')
      byte = this.#byte()
      value += (byte & 0x7f) * scale
    }
    return isNegative ? -(value + 1) / 2 : value / 2
  }
}
