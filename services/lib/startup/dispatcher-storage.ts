import type { Cursors } from '#cursors/cursors.ts'
import type { DeadLetters } from '#dead-letters/dead-letters.ts'
import type { EventLogs } from '#log/event-log.ts'
import type { Broker } from '#triggers/trigger.ts'

/** What a dispatcher reads and writes. */
export interface DispatcherStorage {
  readonly logs: EventLogs
  readonly cursors: Cursors
  readonly deadLetters: DeadLetters
  /** Must be told about a snapshot's Brokers before the dispatcher is. */
  apply(brokers: readonly Broker[]): void
}
