import type {
  Cursors,
  FailedDelivery,
  PartitionCursor,
  SharedCursor,
  TriggerCursor,
} from '#cursors/cursors.ts'
import type { EventLog, PartitionBounds } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'

/** A Trigger's cursor as it was saved, until the Trigger is there to take it up. */
export interface SavedTrigger {
  readonly cursor: TriggerCursor
  readonly failures: ReadonlyMap<number, FailedDelivery>
}

/** Where a partition goes on. */
export interface SavedPartition {
  readonly shared: SharedCursor
  readonly triggers: ReadonlyMap<string, SavedTrigger>
  /** Failures of deliveries that are not open any more, by Trigger: to be removed. */
  readonly obsolete: ReadonlyMap<string, readonly number[]>
}

/**
 * Where to go on in a partition: where it was left. A new one begins at the end of the log, but at
 * its start for the Triggers of the others when it was added to them. When the cursor is from
 * another log (deleted, recreated, or put back from a copy), everything starts again at the
 * earliest event, and says so.
 * @throws Error when the log or the cursors cannot be read.
 */
export async function loadSavedPartition(
  broker: string,
  partition: number,
  log: EventLog,
  cursors: Cursors,
  logger: Logger,
): Promise<SavedPartition> {
  const saved = await cursors.load(broker, partition)
  const all = await log.bounds()
  const bounds = boundsOf(all, partition)
  if (saved === undefined) return beginPartition(broker, bounds, all.length, log, cursors, logger)
  const { shared } = saved
  const isOurs =
    shared.offset <= bounds.end &&
    (await log.recognises({ partition, offset: shared.offset }, shared.mark))
  if (isOurs) {
    const triggers = new Map<string, SavedTrigger>()
    for (const [key, cursor] of saved.triggers) {
      triggers.set(key, { cursor, failures: saved.failures.get(key) ?? new Map() })
    }
    return { shared, triggers, obsolete: new Map() }
  }
  logger.error(
    { broker, partition, cursor: shared.offset, start: bounds.start, end: bounds.end },
    'The saved cursors belong to another event log: every Trigger starts again at the earliest event',
  )
  const obsolete = new Map<string, readonly number[]>()
  for (const [key, failures] of saved.failures) obsolete.set(key, [...failures.keys()])
  return {
    // The number stays: partitions that the new log has in addition were added, for these Triggers.
    shared: await placeAt(log, partition, bounds.start, shared.partitions),
    triggers: allAtStart(saved, bounds.start),
    obsolete,
  }
}

/** The bounds of one partition. @throws Error when the log does not have it (yet). */
export function boundsOf(all: readonly PartitionBounds[], partition: number): PartitionBounds {
  const bounds = all.find((each) => each.partition === partition)
  if (bounds !== undefined) return bounds
  throw new Error(`The event log has no partition ${partition}, only ${all.length} partitions`)
}

async function beginPartition(
  broker: string,
  { partition, start, end }: PartitionBounds,
  partitions: number,
  log: EventLog,
  cursors: Cursors,
  logger: Logger,
): Promise<SavedPartition> {
  const first = partition === 0 ? undefined : await cursors.load(broker, 0)
  const wasAdded = first !== undefined && first.shared.partitions <= partition
  if (!wasAdded) {
    const shared = await placeAt(log, partition, end, partitions)
    return { shared, triggers: new Map(), obsolete: new Map() }
  }
  logger.info({ broker, partition, start }, 'The partition was added: Triggers begin at its start')
  return {
    shared: await placeAt(log, partition, start, partitions),
    triggers: allAtStart(first, start),
    obsolete: new Map(),
  }
}

/** The Triggers of a partition's cursors, from the start on and with nothing open. */
function allAtStart(saved: PartitionCursor, start: number): ReadonlyMap<string, SavedTrigger> {
  const triggers = new Map<string, SavedTrigger>()
  for (const [key, cursor] of saved.triggers) {
    const specs = cursor.specs.slice(-1).map((spec) => ({ ...spec, from: start }))
    const restarted = { ...cursor, next: start, open: [], specs }
    triggers.set(key, { cursor: restarted, failures: new Map() })
  }
  return triggers
}

async function placeAt(
  log: EventLog,
  partition: number,
  offset: number,
  partitions: number,
): Promise<SharedCursor> {
  return { offset, mark: await log.markAt({ partition, offset }), partitions }
}
