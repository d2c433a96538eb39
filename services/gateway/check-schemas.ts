import type { CloudEvent } from '#events/event.ts'
import type { Violation } from '#problems/problem.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Broker } from '#triggers/trigger.ts'
import { dataProblem } from './data-problem.ts'

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
    found.push(...(isBatch ? placed(violations, index) : violations))
  }
  if (found !== undefined) throw dataProblem(found)
}

/** The violations of one event as they are told of the batch in which it is at `index`. */
export function placed(violations: readonly Violation[], index: number): readonly Violation[] {
  return violations.map((violation) => ({ ...violation, index, at: `/${index}${violation.at}` }))
}
