import type { Filter } from './filter.ts'

/**
 * Passes an event that every one of `filters` passes, asked in their order until one does not
 * (CloudEvents Subscriptions 1.0, `all` dialect). No filters pass every event.
 */
export function all(filters: readonly Filter[]): Filter {
  const [only] = filters
  if (only === undefined) return () => true
  if (filters.length === 1) return only
  return (event) => {
    for (const filter of filters) {
      if (!filter(event)) return false
    }
    return true
  }
}
