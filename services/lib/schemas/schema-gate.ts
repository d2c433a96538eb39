import type { CloudEvent } from '#events/event.ts'
import type { Violation } from '#problems/problem.ts'
import type { Broker } from '#triggers/trigger.ts'

/** Checks event data against the JSON Schemas of `SCHEMAS_DIR`. */
export interface SchemaGate {
  /**
   * What is wrong with the event under this Broker's `sluice.dev/schemas` and
   * `sluice.dev/unknown-types`; empty when it may pass. Under `warn` the violations are counted
   * and the result is empty. Synchronous: nothing is compiled here.
   */
  check(event: CloudEvent, broker: Pick<Broker, 'schemas' | 'unknownTypes'>): readonly Violation[]
}
