/** A set of small numbers. */
export class Bits {
  #bytes = new Uint8Array(1 << 17)
  size = 0

  /** False where the number was there before. */
  add(number: number): boolean {
    const at = number >> 3
    if (at >= this.#bytes.length) {
      const larger = new Uint8Array(Math.max(at + 1, this.#bytes.length * 2))
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    const before = this.#bytes[at] ?? 0
    const after = before | (1 << (number & 7))
    if (after === before) return false
    this.#bytes[at] = after
    this.size++
    return true
  }

  toBytes(): Uint8Array {
    return this.#bytes
  }
}

/** How many numbers of `expected` are missing in `found`. */
export function countMissing(expected: Uint8Array, found: Uint8Array): number {
  let missing = 0
  for (const [at, byte] of expected.entries()) {
    let rest = byte & ~(found[at] ?? 0)
    for (; rest !== 0; rest &= rest - 1) missing++
  }
  return missing
}
