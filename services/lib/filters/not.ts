import type { Filter } from './filter.ts'

/**
 * Passes an event that `filter` does not pass (CloudEvents Subscriptions 1.0, `not` dialect): also
 * one that lacks the attribute that `filter` asks for.
 */
export function not(filter: Filter): Filter {
  return (event) => !filter(event)
}
