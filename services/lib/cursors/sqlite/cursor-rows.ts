import type { SQLOutputValue } from 'node:sqlite'
import type { FailedDelivery, SharedCursor, TriggerCursor } from '../cursors.ts'
import { decodeOffsets } from '../offsets-codec.ts'

type Row = Record<string, SQLOutputValue>

/** The shared cursor from its row, `undefined` without a row. */
export function readShared(row: Row | undefined): SharedCursor | undefined {
  if (row === undefined) return undefined
  return {
    offset: Number(row['offset']),
    mark: String(row['mark']),
    partitions: Number(row['partitions']),
  }
}

/** Each Trigger's cursor, by the Trigger's key. */
export function readTriggers(rows: readonly Row[]): Map<string, TriggerCursor> {
  const cursors = new Map<string, TriggerCursor>()
  for (const row of rows) {
    const cursor: TriggerCursor = {
      next: row['next'] === null ? undefined : Number(row['next']),
      open: decodeOffsets(row['open'] as Uint8Array),
      specs: JSON.parse(String(row['specs'])),
    }
    const vanishedAt = row['vanished_at']
    cursors.set(
      String(row['trigger']),
      vanishedAt === null ? cursor : { ...cursor, vanishedAt: Number(vanishedAt) },
    )
  }
  return cursors
}

/** The failed deliveries of each Trigger, by offset. */
export function readFailures(rows: readonly Row[]): Map<string, Map<number, FailedDelivery>> {
  const failures = new Map<string, Map<number, FailedDelivery>>()
  for (const row of rows) {
    const trigger = String(row['trigger'])
    let ofTrigger = failures.get(trigger)
    if (ofTrigger === undefined) {
      ofTrigger = new Map()
      failures.set(trigger, ofTrigger)
    }
    ofTrigger.set(Number(row['offset']), JSON.parse(String(row['failure'])))
  }
  return failures
}
