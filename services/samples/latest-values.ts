/** The latest `capacity` numbers, for percentiles. */
export class LatestValues {
  readonly #capacity: number
  readonly #values: number[] = []
  #next = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  add(value: number): void {
    this.#values[this.#next] = value
    this.#next = (this.#next + 1) % this.#capacity
  }

  /** The nearest-rank percentiles of what is kept, 0 when that is nothing. */
  percentiles<P extends number>(...wanted: readonly P[]): Record<P, number> {
    const sorted = this.#values.toSorted((a, b) => a - b)
    const at = (p: number) => sorted[Math.max(0, Math.ceil((p / 100) * sorted.length) - 1)] ?? 0
    return Object.fromEntries(wanted.map((p) => [p, at(p)])) as Record<P, number>
  }
}
