import { BoundedMap } from './bounded-map.ts'

/** How many names are counted one by one; the oldest are forgotten. */
const COUNTED_NAMES = 10_000

/** Counts by name. */
export class Counts {
  total = 0
  readonly #counts = new BoundedMap<string, number>(COUNTED_NAMES)

  add(name: string): void {
    this.total++
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1)
  }

  get names(): number {
    return this.#counts.size
  }

  /** The most frequent names with their counts, as JSON data. */
  top(limit = 20): Record<string, number> {
    const sorted = [...this.#counts].sort(([, a], [, b]) => b - a)
    return Object.fromEntries(sorted.slice(0, limit))
  }
}
