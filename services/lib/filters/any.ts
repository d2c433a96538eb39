import type { Filter } from './filter.ts'

/**
 * Passes an event that at least one of `filters` passes, asked in their order until one does
 * (CloudEvents Subscriptions 1.0, `any` dialect). No filters pass no event.
 */
export function any(filters: readonly Filter[]): Filter {
  const [only] = filters
  if (only !== undefined && filters.length === 1) return only
  return (event) => {
    for (const filter of filters) {
      if (filter(event)) return true
    }
    return false
  }
}
