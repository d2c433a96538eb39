import type { CloudEvent } from '#events/event.ts'
import { Problem, type Violation } from '#problems/problem.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Broker } from '#triggers/trigger.ts'

/**
 * Checks every event's data.
 * @throws Problem `data-invalid` with the violations of all of them; in a batch, each has its
 *   event's index, also in its JSON pointer.
 */
export function checkSchemas(
  schemas: SchemaGate,
  broker: Broker,
  events: readonly CloudEvent[],
  isBatch: boolean,
): void {
  let found: Violation[] | undefined
  for (let index = 0; index < events.length; index++) {
    const event = events[index]
    if (event === undefined) continue
    const violations = schemas.check(event, broker)
    if (violations.length === 0) continue
    found ??= []
    for (const violation of violations) {
      found.push(isBatch ? { ...violation, index, at: `/${index}${violation.at}` } : violation)
    }
  }
  const first = found?.[0]
  if (found === undefined || first === undefined) return
  const more = found.length > 1 ? `, and ${found.length - 1} more` : ''
  throw new Problem('data-invalid', `Cannot take the event: ${first.at} ${first.detail}${more}`, {
    violations: found,
  })
}
