import type { DatabaseSync } from 'node:sqlite'

/**
 * How many migrations an open database has seen (`PRAGMA user_version`): 0 while nobody has set it
 * up. `known` is how many this program has.
 * @throws Error when the database has seen more.
 */
export function schemaVersion(database: DatabaseSync, known: number): number {
  const version = Number(database.prepare('PRAGMA user_version').get()?.['user_version'])
  if (version <= known) return version
  throw new Error(
    `its schema version is ${version} and this Sluice knows none above ${known}; ` +
      'start the newer Sluice that wrote it, or move the file away',
  )
}
