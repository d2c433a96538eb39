/** A transaction that was aborted, as the broker tells it with the batches. */
export interface AbortedTransaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

/** Which producers are in a transaction that was aborted, as the batches go by. */
export class AbortedProducers {
  /** By their first offset, the last one first. */
  readonly #ahead: AbortedTransaction[]
  readonly #open = new Set<bigint>()

  constructor(transactions: readonly AbortedTransaction[]) {
    this.#ahead = [...transactions].sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Goes on to the batch that ends with `lastOffset`. */
  advance(lastOffset: number): void {
    for (let next = this.#ahead.at(-1); next !== undefined; next = this.#ahead.at(-1)) {
      if (next.firstOffset > lastOffset) return
      this.#open.add(next.producerId)
      this.#ahead.pop()
    }
  }

  /** The abort marker was reached: what the producer wrote after it is another transaction. */
  end(producerId: bigint): void {
    this.#open.delete(producerId)
  }

  has(producerId: bigint): boolean {
    return this.#open.has(producerId)
  }
}
