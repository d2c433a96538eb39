import { existsSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import type { DatabaseOptions } from './open-database.ts'
import { schemaVersion } from './schema-version.ts'
import { storageError } from './storage-error.ts'

/** How long to wait for another connection to the same file. */
const BUSY_TIMEOUT_MS = 1000

/**
 * Opens a database file that another connection writes; `undefined` while it does not exist or has
 * only an older schema than the newest of `migrations`.
 *
 * @throws Error as `openDatabase` does.
 */
export function openReadOnly(
  file: string,
  { holds, migrations }: Pick<DatabaseOptions, 'holds' | 'migrations'>,
): DatabaseSync | undefined {
  if (!existsSync(file)) return undefined
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_TIMEOUT_MS })
    if (schemaVersion(database, migrations.length) === migrations.length) return database
    database.close()
    return undefined
  } catch (error) {
    if (database?.isOpen) database.close()
    throw storageError('open', holds, file, error)
  }
}
