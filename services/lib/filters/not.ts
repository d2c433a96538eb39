import type { Filter } from './filter.ts'

/**
 * Passes an event that `filter` does not pass (CloudEvents Subscriptions 1.0, `not` dialect): also
 * one that lacks the attribute that `filter` asks for, and one that its expression fails for. That
 * one does not pass `cesql`, so it passes the inverse, as with Knative; a NOT inside the expression
 * does not make it pass.
 */
export function not(filter: Filter): Filter {
  return (event) => !filter(event)
}
