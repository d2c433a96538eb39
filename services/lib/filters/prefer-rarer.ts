import { cesqlConditions } from './cesql-conditions.ts'
import type { FilterSpec } from './filter.ts'
import type { Alternatives, Condition } from './necessary-conditions.ts'

/**
 * Makes the choice between two lists of alternatives for an index over `filters` (one list of
 * filters per Trigger): the one whose conditions fewer filters name, so that looking it up leads
 * to the fewest candidates. Where they are even, `type` wins, being what differs most between
 * events, then the first.
 */
export function preferRarer(
  filters: Iterable<readonly FilterSpec[]>,
): (a: Alternatives, b: Alternatives) => Alternatives {
  const named = new Map<string, number>()
  for (const list of filters) {
    for (const filter of list) count(filter, named)
  }
  const weight = (alternatives: Alternatives) => {
    let sum = 0
    for (const each of alternatives) {
      sum += named.get(nameOf(each)) ?? 0
      if (each.attribute !== 'type') sum += 0.001
    }
    return sum
  }
  return (a, b) => (weight(b) < weight(a) ? b : a)
}

function count(filter: FilterSpec, named: Map<string, number>): void {
  const branches = 'all' in filter ? filter.all : 'any' in filter ? filter.any : []
  for (const branch of branches) count(branch, named)
  for (const condition of conditionsOf(filter)) {
    const name = nameOf(condition)
    named.set(name, (named.get(name) ?? 0) + 1)
  }
}

function conditionsOf(filter: FilterSpec): readonly Condition[] {
  if ('cesql' in filter) return cesqlConditions(filter, (first) => first).flat()
  const values = 'exact' in filter ? filter.exact : 'attributes' in filter ? filter.attributes : {}
  return Object.entries(values).map(([attribute, value]) => ({ attribute, value }))
}

function nameOf(condition: Condition): string {
  return `${condition.attribute}=${condition.value}`
}
