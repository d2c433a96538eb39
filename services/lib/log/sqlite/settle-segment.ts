import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { segmentFile } from './segment-files.ts'

/**
 * Moves what a crash left in a sealed segment's write-ahead log into the segment. If that fails
 * the records stay readable where they are.
 */
export function settleSegment(folder: string, first: number): void {
  const file = segmentFile(folder, first)
  const left = statSync(`${file}-wal`, { throwIfNoEntry: false })
  if (left === undefined || left.size === 0) return
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(file)
    db.exec('PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(TRUNCATE)')
  } catch {
    // Whoever reads it says what is wrong with it.
  } finally {
    db?.close()
  }
}
