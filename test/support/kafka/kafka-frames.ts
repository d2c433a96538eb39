/** Cuts a connection's bytes into the messages of the Kafka protocol, however they arrive. */
export class KafkaFrames {
  #rest: Buffer[] = []
  #bytes = 0
  /** Of the first message in `#rest` with its length; undefined while that is not known. */
  #size: number | undefined

  /** @returns the messages that are complete now, each with its length in front */
  push(chunk: Buffer): readonly Buffer[] {
    this.#rest.push(chunk)
    this.#bytes += chunk.length
    const frames: Buffer[] = []
    for (let size = this.#nextSize(); size <= this.#bytes; size = this.#nextSize()) {
      const all = this.#joined()
      frames.push(all.subarray(0, size))
      this.#rest = [all.subarray(size)]
      this.#bytes = all.length - size
      this.#size = undefined
    }
    return frames
  }

  #nextSize(): number {
    if (this.#size === undefined && this.#bytes >= 4) this.#size = 4 + this.#joined().readInt32BE(0)
    return this.#size ?? Number.POSITIVE_INFINITY
  }

  #joined(): Buffer {
    const [first] = this.#rest
    const all = this.#rest.length === 1 && first !== undefined ? first : Buffer.concat(this.#rest)
    this.#rest = [all]
    return all
  }
}
