import { canonicalValue } from '#events/canonical-value.ts'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { compileFilters } from './compile-filters.ts'
import type { Filter, FilterError, FilterSpec } from './filter.ts'
import { type Alternatives, necessaryConditions } from './necessary-conditions.ts'
import { preferRarer } from './prefer-rarer.ts'

const NONE: readonly never[] = []

/** What is found when an event passes all of its filters: a Trigger, mostly. */
export interface Filtered {
  readonly filters: readonly FilterSpec[]
}

/**
 * Finds those of many Triggers that an event passes, with work that grows with the Triggers that
 * match rather than with those that exist.
 *
 * For each Trigger one attribute is found that must have one of a few exact values, the rarest one
 * among all Triggers; it is looked up by that value, and only then its whole filter is asked. A
 * Trigger without such an attribute (only `prefix`, `suffix`, `not`, or no filter) is asked for
 * every event.
 */
export class FilterIndex<T extends Filtered> {
  readonly #entries: readonly T[]
  readonly #filters: readonly Filter[]
  /** Attribute, value, and where in `#entries` those stand that may match, ascending. */
  readonly #buckets = new Map<string, Map<string, number[]>>()
  readonly #always: number[] = []
  /** In which round an entry was asked last: with `any`, two buckets may name it. */
  readonly #asked: Float64Array
  #round = 0

  /** @param failed is told of each event that an entry's filters cannot judge, during `match` */
  constructor(entries: readonly T[], failed: (entry: T, error: FilterError) => void = () => {}) {
    this.#entries = [...entries]
    this.#filters = entries.map((entry) =>
      compileFilters(entry.filters, (error) => failed(entry, error)),
    )
    this.#asked = new Float64Array(entries.length)
    const rarer = preferRarer(entries.map((entry) => entry.filters))
    entries.forEach((entry, at) => {
      const choices = necessaryConditions(entry.filters, rarer)
      if (choices.length === 0) this.#always.push(at)
      else this.#file(at, choices.reduce(rarer))
    })
  }

  /** Those that `event` passes, each once, in the order they were given. Never throws. */
  match(event: CloudEvent): readonly T[] {
    this.#round++
    const matches: number[] = []
    this.#ask(this.#always, event, matches)
    const { attributes } = event
    if (this.#buckets.size <= attributes.size) {
      for (const [name, values] of this.#buckets) {
        const value = attributes.get(name)
        if (value !== undefined) this.#askBucket(values, value, event, matches)
      }
    } else {
      for (const [name, value] of attributes) {
        const values = this.#buckets.get(name)
        if (values !== undefined) this.#askBucket(values, value, event, matches)
      }
    }
    return this.#inOrder(matches)
  }

  #askBucket(
    values: ReadonlyMap<string, readonly number[]>,
    value: AttributeValue,
    event: CloudEvent,
    matches: number[],
  ): void {
    const bucket = values.get(canonicalValue(value))
    if (bucket !== undefined) this.#ask(bucket, event, matches)
  }

  #ask(bucket: readonly number[], event: CloudEvent, matches: number[]): void {
    for (const at of bucket) {
      if (this.#asked[at] === this.#round) continue
      this.#asked[at] = this.#round
      if (this.#filters[at]?.(event)) matches.push(at)
    }
  }

  #inOrder(matches: number[]): readonly T[] {
    if (matches.length === 0) return NONE
    if (matches.length > 1) matches.sort((a, b) => a - b)
    return matches.map((at) => this.#entries[at] as T)
  }

  #file(at: number, alternatives: Alternatives): void {
    for (const { attribute, value } of alternatives) {
      let values = this.#buckets.get(attribute)
      if (values === undefined) {
        values = new Map()
        this.#buckets.set(attribute, values)
      }
      const bucket = values.get(value)
      if (bucket === undefined) values.set(value, [at])
      else if (bucket.at(-1) !== at) bucket.push(at)
    }
  }
}
