import { cesqlConditions } from './cesql-conditions.ts'
import type { AttributeValues, FilterSpec } from './filter.ts'

/** An attribute and the value it must have. */
export interface Condition {
  readonly attribute: string
  readonly value: string
}

/** No event passes unless it meets at least one of these. */
export type Alternatives = readonly Condition[]

/**
 * What an event must meet to pass all of `filters`: several lists, any one of which alone is
 * necessary. Empty when nothing can be said, because only `prefix`, `suffix`, `not` or "present"
 * decide. Of each branch of an `any`, the list that `better` prefers is taken.
 */
export function necessaryConditions(
  filters: readonly FilterSpec[],
  better: (a: Alternatives, b: Alternatives) => Alternatives,
): readonly Alternatives[] {
  return filters.flatMap((filter): readonly Alternatives[] => {
    if ('exact' in filter) return each(filter.exact)
    if ('attributes' in filter)
      return each(filter.attributes).filter(([only]) => only?.value !== '')
    if ('all' in filter) return necessaryConditions(filter.all, better)
    if ('any' in filter) return oneOfEachBranch(filter.any, better)
    if ('cesql' in filter) return cesqlConditions(filter, better)
    return []
  })
}

function each(values: AttributeValues): readonly Alternatives[] {
  return Object.entries(values).map(([attribute, value]) => [{ attribute, value }])
}

function oneOfEachBranch(
  branches: readonly FilterSpec[],
  better: (a: Alternatives, b: Alternatives) => Alternatives,
): readonly Alternatives[] {
  const alternatives: Condition[] = []
  for (const branch of branches) {
    const choices = necessaryConditions([branch], better)
    // This branch may pass anything, so the whole `any` may.
    if (choices.length === 0) return []
    alternatives.push(...choices.reduce(better))
  }
  return [alternatives]
}
