import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { rowChecksum } from './row-checksum.ts'
import { segmentFile, syncFolder } from './segment-files.ts'

/** Written once, when a segment is made. */
export interface SegmentMeta {
  /** The log's id, the same in all its segments. */
  readonly id: string
  /** The segment before this one, and where its acknowledged records end. */
  readonly previous: { readonly first: number; readonly end: number } | undefined
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS batches(
    first_offset INTEGER PRIMARY KEY, count INTEGER NOT NULL, time INTEGER NOT NULL,
    crc INTEGER NOT NULL, records BLOB NOT NULL)`

/** What a row costs besides its records, about. */
const ROW_OVERHEAD = 64
const CHECKPOINT_BYTES = 4 * 1024 * 1024

/**
 * A segment that is being written: one transaction per commit, on disk when the call returns.
 * Whatever is thrown leaves the segment unfit for more; close it for ever.
 */
export class SegmentWriter {
  readonly first: number
  /** Made by this call, or found. */
  readonly id: string
  readonly #db: DatabaseSync
  readonly #insert: StatementSync
  readonly #file: string
  #end: number
  #bytes: number
  #uncheckpointed = 0
  #oldest: number | undefined
  #newest: number | undefined

  /**
   * Opens the segment of `folder` that begins at `first`, or makes it with `meta`.
   * @throws Error when it cannot be written, or its last row is damaged.
   */
  constructor(folder: string, first: number, meta: SegmentMeta) {
    this.first = first
    this.#file = segmentFile(folder, first)
    this.#db = new DatabaseSync(this.#file, { timeout: 100 })
    try {
      this.id = prepare(this.#db, meta)
      syncFolder(dirname(this.#file))
      const last = readLast(this.#db)
      this.#end = last?.end ?? first
      this.#newest = last?.time
      this.#oldest = readTime(this.#db, 'ASC')
      this.#bytes = statSync(this.#file).size
      this.#insert = this.#db.prepare('INSERT INTO batches VALUES (?, ?, ?, ?, ?)')
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** One above the last acknowledged record. */
  get end(): number {
    return this.#end
  }

  /** On disk, about. */
  get bytes(): number {
    return this.#bytes
  }

  /** When the first record was appended. */
  get oldest(): number | undefined {
    return this.#oldest
  }

  /** When the last record was appended. */
  get newest(): number | undefined {
    return this.#newest
  }

  /** Commits rows of `records`, all or none. `rows` holds a count and a number of bytes per row. */
  commit(first: number, rows: readonly number[], records: Uint8Array, time: number): void {
    let offset = first
    let at = 0
    this.#db.exec('BEGIN IMMEDIATE')
    for (let index = 0; index < rows.length; index += 2) {
      const count = rows[index] ?? 0
      const end = at + (rows[index + 1] ?? 0)
      const row = records.subarray(at, end)
      this.#insert.run(offset, count, time, rowChecksum(offset, count, time, row), row)
      offset += count
      at = end
    }
    this.#db.exec('COMMIT')
    const written = at + (rows.length / 2) * ROW_OVERHEAD
    this.#end = offset
    this.#bytes += written
    this.#uncheckpointed += Math.max(written, 4096)
    this.#oldest ??= time
    this.#newest = time
  }

  /**
   * Moves commits from the write-ahead log into the database when enough have gathered. Not left
   * to SQLite, which would swallow a failure here, and do it before the commit is answered.
   */
  checkpointIfDue(): void {
    if (this.#uncheckpointed < CHECKPOINT_BYTES) return
    this.#uncheckpointed = 0
    this.#db.exec('PRAGMA wal_checkpoint(PASSIVE)')
  }

  /** Lets go of the file, after moving all commits into it where that is possible. */
  close(): void {
    try {
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } catch {
      // What is in the write-ahead log is committed and stays readable there.
    }
    this.#db.close()
  }
}

/** Sets up the connection and a new segment's tables; gives the log's id. */
function prepare(db: DatabaseSync, meta: SegmentMeta): string {
  db.exec(`PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2048`)
  // What a crash left in the write-ahead log goes to the disk before anything is added to it.
  db.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  db.exec(`BEGIN IMMEDIATE; ${SCHEMA}; PRAGMA user_version = 1`)
  const set = db.prepare('INSERT OR IGNORE INTO meta VALUES (?, ?)')
  set.run('id', meta.id)
  if (meta.previous !== undefined) {
    set.run('previous_first', meta.previous.first)
    set.run('previous_end', meta.previous.end)
  }
  db.exec('COMMIT')
  return String(db.prepare(`SELECT value FROM meta WHERE name = 'id'`).get()?.['value'])
}

function readLast(db: DatabaseSync): { end: number; time: number } | undefined {
  const row = db.prepare('SELECT * FROM batches ORDER BY first_offset DESC LIMIT 1').get()
  if (row === undefined) return undefined
  const first = Number(row['first_offset'])
  const count = Number(row['count'])
  const time = Number(row['time'])
  const records = row['records'] as Uint8Array
  if (rowChecksum(first, count, time, records) !== Number(row['crc'])) {
    throw new Error('the checksum of the last row does not fit')
  }
  return { end: first + count, time }
}

function readTime(db: DatabaseSync, order: 'ASC' | 'DESC'): number | undefined {
  const row = db.prepare(`SELECT time FROM batches ORDER BY first_offset ${order} LIMIT 1`).get()
  return row === undefined ? undefined : Number(row['time'])
}
