import type { Cursors, FailedDelivery, TriggerCursor } from '#cursors/cursors.ts'
import type { EventLog, PartitionBounds } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'

/** A Trigger's cursor as it was saved, until the Trigger is there to take it up. */
export interface SavedTrigger {
  readonly cursor: TriggerCursor
  readonly failures: ReadonlyMap<number, FailedDelivery>
}

/** Where a partition goes on. */
export interface SavedPartition {
  readonly offset: number
  readonly mark: string
  readonly triggers: ReadonlyMap<string, SavedTrigger>
  /** Failures of deliveries that are not open any more, by Trigger: to be removed. */
  readonly obsolete: ReadonlyMap<string, readonly number[]>
}

/**
 * Where to go on in a partition: where it was left, or at the end of the log when it is new. When
 * the cursor is from another log (deleted, recreated, or put back from a copy), everything starts
 * again at the earliest event, and says so.
 */
export async function loadSavedPartition(
  broker: string,
  partition: number,
  log: EventLog,
  cursors: Cursors,
  logger: Logger,
): Promise<SavedPartition> {
  const saved = await cursors.load(broker, partition)
  const bounds = await boundsOf(log, partition)
  if (saved === undefined) {
    return {
      ...(await placeAt(log, partition, bounds.end)),
      triggers: new Map(),
      obsolete: new Map(),
    }
  }
  const { shared } = saved
  const isOurs =
    shared.offset <= bounds.end &&
    (await log.recognises({ partition, offset: shared.offset }, shared.mark))
  if (isOurs) {
    const triggers = new Map<string, SavedTrigger>()
    for (const [key, cursor] of saved.triggers) {
      triggers.set(key, { cursor, failures: saved.failures.get(key) ?? new Map() })
    }
    return { offset: shared.offset, mark: shared.mark, triggers, obsolete: new Map() }
  }
  logger.error(
    { broker, partition, cursor: shared.offset, start: bounds.start, end: bounds.end },
    'The saved cursors belong to another event log: every Trigger starts again at the earliest event',
  )
  const triggers = new Map<string, SavedTrigger>()
  for (const [key, cursor] of saved.triggers) {
    const specs = cursor.specs.slice(-1).map((spec) => ({ ...spec, from: bounds.start }))
    triggers.set(key, {
      cursor: { ...cursor, next: bounds.start, open: [], specs },
      failures: new Map(),
    })
  }
  const obsolete = new Map<string, readonly number[]>()
  for (const [key, failures] of saved.failures) obsolete.set(key, [...failures.keys()])
  return { ...(await placeAt(log, partition, bounds.start)), triggers, obsolete }
}

export async function boundsOf(log: EventLog, partition: number): Promise<PartitionBounds> {
  const bounds = await log.bounds()
  return bounds.find((each) => each.partition === partition) ?? { partition, start: 0, end: 0 }
}

async function placeAt(log: EventLog, partition: number, offset: number) {
  const options = { maxBytes: 1, waitMs: 0, signal: new AbortController().signal }
  const [read] = await log.read([{ partition, offset }], options)
  return { offset, mark: read?.mark ?? '' }
}
