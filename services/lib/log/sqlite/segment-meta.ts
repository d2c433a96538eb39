import { DatabaseSync } from 'node:sqlite'
import { segmentFile } from './segment-files.ts'
import type { SegmentMeta } from './segment-writer.ts'

/**
 * What a segment says about itself, read over an open connection.
 * @throws Error when it cannot be read, or was never finished.
 */
export function readSegmentMeta(db: DatabaseSync): SegmentMeta {
  const values = new Map<unknown, unknown>()
  for (const row of db.prepare('SELECT name, value FROM meta').all()) {
    values.set(row['name'], row['value'])
  }
  const id = values.get('id')
  if (typeof id !== 'string') throw new Error('it does not say which log it belongs to')
  const first = values.get('previous_first')
  const end = values.get('previous_end')
  const isKnown = typeof first === 'number' && typeof end === 'number'
  return { id, previous: isKnown ? { first, end } : undefined }
}

/** The id of the log in `folder`: the newest segment that can tell. `undefined` if none can. */
export function readLogId(folder: string, firsts: readonly number[]): string | undefined {
  for (const first of firsts.toReversed()) {
    const id = withSegment(folder, first, (db) => readSegmentMeta(db).id)
    if (id !== undefined) return id
  }
  return undefined
}

/** When the last record of a segment was appended; `undefined` if it is empty or cannot be read. */
export function readNewestTime(folder: string, first: number): number | undefined {
  return withSegment(folder, first, (db) => {
    const row = db.prepare('SELECT time FROM batches ORDER BY first_offset DESC LIMIT 1').get()
    return row === undefined ? undefined : Number(row['time'])
  })
}

function withSegment<T>(
  folder: string,
  first: number,
  use: (db: DatabaseSync) => T | undefined,
): T | undefined {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(segmentFile(folder, first), { readOnly: true, timeout: 100 })
    return use(db)
  } catch {
    return undefined
  } finally {
    db?.close()
  }
}
