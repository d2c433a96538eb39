import type { FailedDelivery, PartitionCursor, TriggerCursor } from '../cursors.ts'
import { readKey } from './cursor-key.ts'
import { readFailure, readShared, readTrigger, type SharedValue } from './cursor-values.ts'
import type { CursorRecord, RecordHeads } from './record-heads.ts'

export interface MergedCursor {
  readonly cursor: PartitionCursor
  readonly shared: SharedValue
}

/** The shared cursor that was chosen, and its record. */
interface Shared {
  readonly record: CursorRecord
  readonly value: SharedValue
}

/** As a delivery passes through them. */
const PHASES = ['deliver', 'dead-letter', 'store']

/**
 * The cursor that the records tell, whoever wrote them and whatever compaction took; `undefined`
 * when it was never saved. Written by one owner after the other, it is what was saved last. What a
 * stale owner added may repeat deliveries, and loses none: docs/adr/0007-cursors-on-kafka.md.
 */
export function mergeCursorRecords(heads: RecordHeads): MergedCursor | undefined {
  const record = newest(heads.shared)
  if (!record?.value) return undefined
  const shared = { record, value: readShared(record.value) }
  const triggers = new Map<string, TriggerCursor>()
  const failures = new Map<string, Map<number, FailedDelivery>>()
  for (const [text, records] of heads.byKey) {
    const key = readKey(text)
    if (key?.kind === 'trigger') {
      const cursor = triggerOf(records, shared, heads.epochs)
      if (cursor !== undefined) triggers.set(key.trigger, cursor)
    } else if (key?.kind === 'failure') {
      const failure = failureOf(records, shared)
      if (failure === undefined) continue
      const ofTrigger = failures.get(key.trigger) ?? new Map()
      failures.set(key.trigger, ofTrigger.set(key.offset, failure))
    }
  }
  const { offset, mark, partitions } = shared.value
  return {
    cursor: { shared: { offset, mark, partitions }, triggers, failures },
    shared: shared.value,
  }
}

/** The last record of the latest life: where lives overlap, the one that began later is the owner's. */
function newest(records: readonly CursorRecord[]): CursorRecord | undefined {
  let found: CursorRecord | undefined
  for (const record of records) {
    if (found === undefined || record.epoch >= found.epoch) found = record
  }
  return found
}

function triggerOf(
  records: readonly CursorRecord[],
  shared: Shared,
  epochs: ReadonlySet<number>,
): TriggerCursor | undefined {
  const record = newest(records)
  if (record === undefined) return undefined
  // Whoever removes a Trigger without knowing the owner of the time only said how far it was.
  const bytes = record.value ?? (isStale(record, epochs) ? record.lastStatement : undefined)
  if (bytes === undefined) return undefined
  const { upTo, ...cursor } = readTrigger(bytes)
  if (isOfAnotherLog(record, shared)) {
    const specs = cursor.specs.slice(-1).map((spec) => ({ ...spec, from: 0 }))
    return { ...cursor, next: 0, open: [], specs }
  }
  if (cursor.next !== undefined || isAttached(record, records, upTo, shared)) return cursor
  return { ...cursor, next: upTo }
}

/**
 * Whether the shared offset counts for an attached Trigger: one life wrote both, and nothing about
 * the Trigger in between that compaction could have taken because of a later record.
 */
function isAttached(
  record: CursorRecord,
  records: readonly CursorRecord[],
  upTo: number,
  shared: Shared,
): boolean {
  if (record.writer !== shared.record.writer || record !== records.at(-1)) return false
  // With a later shared cursor, whatever the Trigger matched up to there would have been saved.
  return record.save <= shared.record.save || upTo === shared.value.offset
}

/** Whether its writer did not know of a life that had begun before it was written. */
function isStale({ epoch, offset }: CursorRecord, epochs: ReadonlySet<number>): boolean {
  for (const other of epochs) if (epoch < other && other <= offset) return true
  return false
}

/** Whether it speaks of an event log that is gone, written when the owner knew already. */
function isOfAnotherLog({ epoch, offset }: CursorRecord, { value }: Shared): boolean {
  return epoch < value.reset && value.reset <= offset
}

/** What ended has ended for good; of what two owners tell, the one with more attempts. */
function failureOf(records: readonly CursorRecord[], shared: Shared): FailedDelivery | undefined {
  const record = newest(records)
  if (!record?.value || isOfAnotherLog(record, shared)) return undefined
  let most = readFailure(record.value)
  for (const other of records) {
    if (other === record || other.value === null || isOfAnotherLog(other, shared)) continue
    const failure = readFailure(other.value)
    if (hasGoneOn(failure, most)) most = failure
  }
  return most
}

/** Whether a delivery has come further in `a` than in `b`. */
function hasGoneOn(a: FailedDelivery, b: FailedDelivery): boolean {
  const phases = PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase)
  return phases === 0 ? a.count > b.count : phases > 0
}
