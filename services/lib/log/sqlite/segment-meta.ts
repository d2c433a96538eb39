import type { DatabaseSync } from 'node:sqlite'
import { openSegment } from './open-segment.ts'
import type { SegmentMeta } from './segment-writer.ts'
import { sqliteCode } from './sqlite-code.ts'

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

/** What SQLite says of a file that will never be readable: error (no table), corrupt, no database. */
const DAMAGED: readonly (number | undefined)[] = [undefined, 1, 11, 26]

/**
 * The id of the log in `folder`: the newest segment that can tell. `undefined` if there is none
 * or all are damaged.
 * @throws Error when one cannot be read for another reason; the log would get a second id.
 */
export function readLogId(folder: string, firsts: readonly number[]): string | undefined {
  for (const first of firsts.toReversed()) {
    let db: DatabaseSync | undefined
    try {
      db = openSegment(folder, first)
      return readSegmentMeta(db).id
    } catch (error) {
      if (!DAMAGED.includes(sqliteCode(error))) throw error
    } finally {
      db?.close()
    }
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

/** One above the last record of a segment; `undefined` if it cannot be read. */
export function readSegmentEnd(folder: string, first: number): number | undefined {
  return withSegment(folder, first, (db) => {
    const row = db
      .prepare('SELECT first_offset + count AS n FROM batches ORDER BY first_offset DESC LIMIT 1')
      .get()
    return row === undefined ? first : Number(row['n'])
  })
}

function withSegment<T>(
  folder: string,
  first: number,
  use: (db: DatabaseSync) => T | undefined,
): T | undefined {
  let db: DatabaseSync | undefined
  try {
    db = openSegment(folder, first)
    return use(db)
  } catch {
    return undefined
  } finally {
    db?.close()
  }
}
