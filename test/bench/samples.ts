/** Latencies, in milliseconds. */
export interface Quantiles {
  readonly p50: number
  readonly p99: number
}

/** Keeps every sample, so that quantiles are exact. */
export class Samples {
  #values = new Float64Array(65_536)
  #count = 0

  add(value: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(this.#count * 2)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = value
  }

  clear(): void {
    this.#count = 0
  }

  quantiles(): Quantiles {
    const sorted = this.#values.subarray(0, this.#count).toSorted()
    const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
    return { p50: at(0.5) ?? Number.NaN, p99: at(0.99) ?? Number.NaN }
  }
}
