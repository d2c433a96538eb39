import { DatabaseSync } from 'node:sqlite'
import { schemaVersion } from './schema-version.ts'
import { storageError } from './storage-error.ts'

export interface DatabaseOptions {
  /** What the file holds, for error messages: "the cursors". */
  readonly holds: string
  /** FULL: a commit survives a power cut. NORMAL, OFF: the end of the process; OFF never waits for the disk. */
  readonly synchronous: 'FULL' | 'NORMAL' | 'OFF'
  /** SQL from an empty file to the newest schema, one step to a version. Append only. */
  readonly migrations: readonly string[]
}

/** How long to wait for another connection to the same file. */
const BUSY_TIMEOUT_MS = 1000

/**
 * Opens a database file for writing, in WAL mode, and brings its schema up to date; creates it when
 * it is new. `PRAGMA user_version` is the number of migrations that it has seen.
 *
 * @throws Error when the file cannot be opened or is no database, and when a newer Sluice wrote it;
 *   the message names the file and what to do.
 */
export function openDatabase(file: string, options: DatabaseOptions): DatabaseSync {
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS })
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${options.synchronous}`)
    migrate(database, options.migrations)
    return database
  } catch (error) {
    database?.close()
    throw storageError('open', options.holds, file, error)
  }
}

function migrate(database: DatabaseSync, migrations: readonly string[]): void {
  database.exec('BEGIN IMMEDIATE')
  const version = schemaVersion(database, migrations.length)
  for (const migration of migrations.slice(version)) database.exec(migration)
  if (version < migrations.length) database.exec(`PRAGMA user_version = ${migrations.length}`)
  database.exec('COMMIT')
}
