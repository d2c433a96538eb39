import type { FailedDelivery } from '#cursors/cursors.ts'
import type { LogRecord } from '#log/event-log.ts'
import type { ByteBudget } from './byte-budget.ts'

/** A match whose delivery has not ended. */
export interface OpenDelivery {
  readonly offset: number
  /** Deliveries with the same key go one after the other; `undefined` where order does not matter. */
  readonly key: string | undefined
  /** The event, while it is kept in memory; it can always be read again. */
  record: LogRecord | undefined
  /** What the event is charged to, while it is kept. */
  heldBy: ByteBudget | undefined
  /** What failed so far, if anything did. */
  failure: FailedDelivery | undefined
}
