import type { Registry } from 'prom-client'
import type { Cursors } from '#cursors/cursors.ts'
import type { DeadLetters } from '#dead-letters/dead-letters.ts'
import type { SubscriberClient } from '#delivery/subscriber-client.ts'
import type { EventLogs } from '#log/event-log.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import type { Clock } from '#time/clock.ts'

/** What a dispatcher stands on; whoever makes it opens and closes these. */
export interface DispatcherParts {
  readonly logs: EventLogs
  readonly cursors: Cursors
  readonly deadLetters: DeadLetters
  readonly client: SubscriberClient
  readonly schemas: SchemaGate
  readonly tracing: Tracing | undefined
  readonly registry: Registry
  readonly logger: Logger
  readonly clock: Clock
  /** How long attempts may go on when a partition is given up, in milliseconds. */
  readonly graceMs: number
}
