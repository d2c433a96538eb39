import { all } from './all.ts'
import { compileFilter } from './compile-filter.ts'
import type { Filter, FilterFailed, FilterSpec } from './filter.ts'

/** A Trigger's filters as one: an event must pass all of them; none pass every event. */
export function compileFilters(specs: readonly FilterSpec[], failed?: FilterFailed): Filter {
  return all(specs.map((spec) => compileFilter(spec, failed)))
}
