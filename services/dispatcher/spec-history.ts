import type { AppliedSpec } from '#cursors/cursors.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import type { Filter, FilterFailed } from '#filters/filter.ts'
import type { Trigger } from '#triggers/trigger.ts'

/** Enough to explain any event of the recent past. */
const KEPT = 16

/** Which specification of a Trigger applied from which offset on. */
export class SpecHistory {
  /** Is told of each event that the filter of its offset cannot judge. */
  readonly failed: FilterFailed
  #list: readonly AppliedSpec[]
  readonly #compiled = new Map<AppliedSpec, Filter>()

  constructor(list: readonly AppliedSpec[], failed: FilterFailed) {
    this.#list = list
    this.failed = failed
  }

  /** Oldest first. */
  get list(): readonly AppliedSpec[] {
    return this.#list
  }

  /** @returns whether this is news */
  apply(trigger: Trigger, from: number): boolean {
    const last = this.#list.at(-1)
    if (last !== undefined && sameData(last.spec, trigger.spec)) return false
    const applied = { from, filters: trigger.filters, spec: trigger.spec }
    const earlier = this.#list.filter((spec) => spec.from < from)
    this.#list = [...earlier, applied].slice(-KEPT)
    this.#compiled.clear()
    return true
  }

  filterAt(offset: number): Filter {
    const spec = this.#list.findLast((each) => each.from <= offset) ?? this.#list[0]
    if (spec === undefined) return () => false
    let filter = this.#compiled.get(spec)
    if (filter === undefined) {
      filter = compileFilters(spec.filters, this.failed)
      this.#compiled.set(spec, filter)
    }
    return filter
  }
}

function sameData(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}
