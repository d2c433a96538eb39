/** Writes the primitive types of Kafka's protocol, one after the other. */
export class WireWriter {
  readonly #parts: Buffer[] = []

  int8(value: number): this {
    return this.#add(Buffer.of(value))
  }

  int16(value: number): this {
    const part = Buffer.allocUnsafe(2)
    part.writeInt16BE(value)
    return this.#add(part)
  }

  int32(value: number): this {
    const part = Buffer.allocUnsafe(4)
    part.writeInt32BE(value)
    return this.#add(part)
  }

  int64(value: number): this {
    const part = Buffer.allocUnsafe(8)
    part.writeBigInt64BE(BigInt(value))
    return this.#add(part)
  }

  string(value: string): this {
    const text = Buffer.from(value)
    return this.int16(text.length).#add(text)
  }

  nullString(): this {
    return this.int16(-1)
  }

  bytes(value: Buffer): this {
    return this.int32(value.length).#add(value)
  }

  array<T>(values: readonly T[], write: (value: T) => void): this {
    this.int32(values.length)
    for (const value of values) write(value)
    return this
  }

  end(): Buffer {
    return Buffer.concat(this.#parts)
  }

  #add(part: Buffer): this {
    this.#parts.push(part)
    return this
  }
}
