import type { Attempt, Phase } from '#delivery/attempt.ts'
import type { FailedAnswer } from '#delivery/failed-answer.ts'
import type { FilterSpec } from '#filters/filter.ts'

/** Everything below `offset` has been judged against the Triggers of its time. */
export interface SharedCursor {
  readonly offset: number
  /** What the log said it is at this offset (`PartitionRead.mark`). */
  readonly mark: string
  /** How many partitions the log had when this one was first saved: one with a higher number was added later. */
  readonly partitions: number
}

/** A Trigger's specification, and the offset from which it applied. */
export interface AppliedSpec {
  readonly from: number
  /** What it filtered by, so that a detached Trigger judges each event as the others did. */
  readonly filters: readonly FilterSpec[]
  /** The Trigger's `spec`, as JSON data. */
  readonly spec: unknown
}

/** How far one Trigger has come in one partition. */
export interface TriggerCursor {
  /**
   * The first offset not yet judged for this Trigger. `undefined` while it is attached: then it is
   * the shared one. Below the shared offset the Trigger is detached; above it, it waits for it.
   */
  readonly next: number | undefined
  /** Offsets below that matched and whose deliveries have not ended, ascending. */
  readonly open: readonly number[]
  /** Oldest first; the last one applies now. */
  readonly specs: readonly AppliedSpec[]
  /** When the Trigger was deleted, in milliseconds since 1970. */
  readonly vanishedAt?: number
}

/** A delivery that failed at least once and has not ended. */
export interface FailedDelivery {
  /** What comes next: another attempt, the dead letter sink, or the dead letter store. */
  readonly phase: Phase | 'store'
  /** Attempts that count against `retry` in this phase. */
  readonly count: number
  /** The attempts themselves, oldest first, at most 32: the first one and the latest. */
  readonly attempts: readonly Attempt[]
  /** The next attempt starts `delayMs` after `since` (milliseconds since 1970), and never later than `delayMs` from when this is loaded. */
  readonly since: number
  readonly delayMs: number
  /** The subscriber's last answer, for the `knativeerror*` extensions. Kept from the phase `dead-letter` on. */
  readonly answer?: FailedAnswer
}

/** All that is saved about one partition. Maps are keyed by the Trigger's `<namespace>/<name>`. */
export interface PartitionCursor {
  readonly shared: SharedCursor
  readonly triggers: ReadonlyMap<string, TriggerCursor>
  readonly failures: ReadonlyMap<string, ReadonlyMap<number, FailedDelivery>>
}

/** What changed since the last save. `undefined` as a value removes the entry. */
export interface CursorChange {
  readonly shared?: SharedCursor
  readonly triggers?: ReadonlyMap<string, TriggerCursor | undefined>
  readonly failures?: readonly {
    readonly trigger: string
    readonly offset: number
    readonly failure: FailedDelivery | undefined
  }[]
}

/** What a save found out. */
export interface Saved {
  /**
   * Somebody else has saved this partition since it was loaded, or last saved, here: a process that
   * had not noticed yet that it lost the partition. Whoever owns it answers by saving all it knows.
   */
  readonly contested: boolean
}

/** Where cursors are kept. Every adapter passes `test/lib/cursors/cursors.suite.ts`. */
export interface Cursors {
  /**
   * All that was saved for a partition of `broker` (`<namespace>/<name>`), or `undefined` if
   * nothing was. Complete: a save that resolved anywhere before this call is in it. Where several
   * processes have saved the partition, no delivery is missing that any of them had open.
   * @throws Error when it cannot be read.
   */
  load(broker: string, partition: number): Promise<PartitionCursor | undefined>

  /**
   * Saves a change, as a whole or not at all. When it resolves, it survives the end of this
   * process; on a power cut the last 50 ms may be gone, which repeats deliveries and loses none.
   * Saves of one partition are applied in the order of the calls; whoever saves keeps one call in
   * flight per partition. The first save of a partition carries `shared`. Removing a Trigger does
   * not remove its failures: the change names those too.
   * @throws TypeError when the first save of a partition has no `shared`.
   * @throws Error when it cannot be written; the next save may work again.
   */
  save(broker: string, partition: number, change: CursorChange): Promise<Saved>

  close(): Promise<void>
}
