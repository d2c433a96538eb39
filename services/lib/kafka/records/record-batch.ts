import { KafkaError } from '../kafka-error.ts'
import { ATTRIBUTE, BATCH } from './batch-layout.ts'
import { crc32c } from './crc32c.ts'
import { decompress } from './decompress.ts'
import type { KafkaRecord } from './kafka-record.ts'
import { RecordReader } from './record-reader.ts'

/** A control record's key is its version and its type, two bytes each. */
const ABORT = 0

/** One record batch of format version 2 whose checksum is right. */
export class RecordBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly #bytes: Buffer
  readonly #attributes: number

  /**
   * Takes the bytes of a batch, from its base offset to its end.
   * @throws KafkaError `CORRUPT_MESSAGE`
   */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.baseOffset = readInt64(bytes, BATCH.baseOffset)
    if (bytes.length < BATCH.records) {
      throw this.#unreadable(`it has ${bytes.length} bytes, fewer than its header`)
    }
    const expected = bytes.readUInt32BE(BATCH.crc)
    const found = crc32c(bytes, BATCH.attributes)
    if (found !== expected) {
      throw this.#unreadable(`its checksum is ${hex(found)}, not ${hex(expected)}`)
    }
    this.#attributes = bytes.readInt16BE(BATCH.attributes)
    this.lastOffset = this.baseOffset + bytes.readInt32BE(BATCH.lastOffsetDelta)
    if (this.lastOffset < this.baseOffset) {
      throw this.#unreadable(`it ends at offset ${this.lastOffset}`)
    }
  }

  get producerId(): bigint {
    return this.#bytes.readBigInt64BE(BATCH.producerId)
  }

  get isTransactional(): boolean {
    return (this.#attributes & ATTRIBUTE.transactional) !== 0
  }

  /** Whether it marks the end of a transaction, instead of having records. */
  get isControl(): boolean {
    return (this.#attributes & ATTRIBUTE.control) !== 0
  }

  /** Whether the transaction that this control batch ends was aborted. */
  isAbort(): boolean {
    const key = this.readRecords(this.baseOffset)[0]?.key ?? undefined
    return key !== undefined && key.length >= 4 && key.readInt16BE(2) === ABORT
  }

  /**
   * The records at or above `from`, ascending, none above `lastOffset`: whoever goes on from there
   * reads none of them again.
   * @throws KafkaError
   */
  readRecords(from: number): KafkaRecord[] {
    const records: KafkaRecord[] = []
    const reader = this.#openRecords()
    const count = this.#bytes.readInt32BE(BATCH.count)
    let previous = -1
    try {
      for (let i = 0; i < count; i++) {
        const record = reader.next(from)
        if (record === undefined) continue
        const { offset } = record
        if (offset <= previous || offset > this.lastOffset) {
          throw new RangeError(`a record has offset ${offset}, out of its order`)
        }
        previous = offset
        records.push(record)
      }
    } catch (error) {
      if (error instanceof RangeError) throw this.#unreadable(error.message, { cause: error })
      throw error
    }
    return records
  }

  #openRecords(): RecordReader {
    const bytes = this.#bytes
    const codec = this.#attributes & ATTRIBUTE.codec
    const stamped = (this.#attributes & ATTRIBUTE.logAppendTime) !== 0
    return new RecordReader(
      codec === 0 ? bytes.subarray(BATCH.records) : this.#decompress(codec),
      this.baseOffset,
      readInt64(bytes, BATCH.baseTimestamp),
      stamped ? readInt64(bytes, BATCH.maxTimestamp) : undefined,
    )
  }

  #decompress(codec: number): Buffer {
    try {
      return decompress(this.#bytes.subarray(BATCH.records), codec)
    } catch (error) {
      if (error instanceof KafkaError) throw this.#unreadable(error.message, {}, error.code)
      throw this.#unreadable('its records cannot be decompressed', { cause: error })
    }
  }

  #unreadable(reason: string, options?: ErrorOptions, code = 'CORRUPT_MESSAGE'): KafkaError {
    return new KafkaError(
      code,
      `Cannot read the batch at offset ${this.baseOffset}: ${reason}`,
      options,
    )
  }
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * 0x100000000 + bytes.readUInt32BE(at + 4)
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0')
}
