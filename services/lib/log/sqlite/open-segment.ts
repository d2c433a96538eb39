import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { segmentFile } from './segment-files.ts'
import { sqliteCode } from './sqlite-code.ts'

const READ_ONLY = 8
const CANNOT_OPEN = 14

/**
 * Opens a segment for reading. A segment whose records all stand in its file is also read where
 * SQLite cannot make the files of its write-ahead log: on a read-only or a full disk.
 * @throws Error when there is no such segment or it cannot be opened.
 */
export function openSegment(folder: string, first: number): DatabaseSync {
  const file = segmentFile(folder, first)
  const db = new DatabaseSync(file, { readOnly: true, timeout: 1000 })
  try {
    // Only the first use opens the write-ahead log.
    db.prepare('PRAGMA schema_version').get()
    return db
  } catch (error) {
    db.close()
    const code = sqliteCode(error)
    if ((code !== CANNOT_OPEN && code !== READ_ONLY) || hasWriteAheadLog(file)) throw error
    const url = pathToFileURL(file)
    url.searchParams.set('immutable', '1')
    return new DatabaseSync(url, { readOnly: true })
  }
}

function hasWriteAheadLog(file: string): boolean {
  const left = statSync(`${file}-wal`, { throwIfNoEntry: false })
  return left !== undefined && left.size > 0
}
