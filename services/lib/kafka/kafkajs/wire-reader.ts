/** Reads the primitive types of Kafka's protocol, one after the other. */
export class WireReader {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  int8(): number {
    this.#at += 1
    return this.#bytes.readInt8(this.#at - 1)
  }

  int16(): number {
    this.#at += 2
    return this.#bytes.readInt16BE(this.#at - 2)
  }

  int32(): number {
    this.#at += 4
    return this.#bytes.readInt32BE(this.#at - 4)
  }

  /** An offset or a time: never beyond 2^53 in practice. */
  int64(): number {
    return Number(this.bigint())
  }

  bigint(): bigint {
    this.#at += 8
    return this.#bytes.readBigInt64BE(this.#at - 8)
  }

  /** Null is as good as empty. */
  string(): string {
    const length = Math.max(0, this.int16())
    this.#at += length
    return this.#bytes.toString('utf8', this.#at - length, this.#at)
  }

  /** A view. Null is as good as empty. */
  bytes(): Buffer {
    const length = Math.max(0, this.int32())
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  array<T>(read: () => T): T[] {
    const length = Math.max(0, this.int32())
    return Array.from({ length }, read)
  }
}
