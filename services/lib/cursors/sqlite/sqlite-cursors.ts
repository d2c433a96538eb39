import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openDatabase } from '#sqlite/open-database.ts'
import { storageError } from '#sqlite/storage-error.ts'
import type { CursorChange, Cursors, PartitionCursor, Saved, TriggerCursor } from '../cursors.ts'
import { missingShared } from '../missing-shared.ts'
import { encodeOffsets } from '../offsets-codec.ts'
import { readFailures, readShared, readTriggers } from './cursor-rows.ts'
import { CURSOR_MIGRATIONS } from './cursor-schema.ts'

const HOLDS = 'the cursors'

/**
 * Cursors in one SQLite file. A save is one transaction on the caller's thread, in WAL mode
 * without fsync: it survives the end of the process, and a power cut takes back the last ones.
 */
export class SqliteCursors implements Cursors {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #commit: StatementSync
  readonly #readShared: StatementSync
  readonly #readTriggers: StatementSync
  readonly #readFailures: StatementSync
  readonly #saveShared: StatementSync
  readonly #saveTrigger: StatementSync
  readonly #removeTrigger: StatementSync
  readonly #saveFailure: StatementSync
  readonly #removeFailure: StatementSync

  /**
   * Opens `file`, and creates it when it is new. Its folder must exist.
   * @throws Error when it cannot be opened or a newer Sluice wrote it; the message says what to do.
   */
  constructor(file: string) {
    this.#file = file
    const database = openDatabase(file, {
      holds: HOLDS,
      synchronous: 'NORMAL',
      migrations: CURSOR_MIGRATIONS,
    })
    this.#database = database
    this.#begin = database.prepare('BEGIN IMMEDIATE')
    this.#commit = database.prepare('COMMIT')
    const where = 'WHERE broker = ? AND partition = ?'
    this.#readShared = database.prepare(`SELECT offset, mark, partitions FROM partitions ${where}`)
    this.#readTriggers = database.prepare(
      `SELECT trigger, next, vanished_at, specs, open FROM triggers ${where} ORDER BY trigger`,
    )
    this.#readFailures = database.prepare(
      `SELECT trigger, offset, failure FROM failures ${where} ORDER BY trigger, offset`,
    )
    this.#saveShared = database.prepare(
      `INSERT INTO partitions (broker, partition, offset, mark, partitions) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET offset = excluded.offset, mark = excluded.mark,
         partitions = excluded.partitions`,
    )
    this.#saveTrigger = database.prepare(
      `INSERT INTO triggers (broker, partition, trigger, next, vanished_at, specs, open)
       VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET next = excluded.next, vanished_at = excluded.vanished_at,
         specs = excluded.specs, open = excluded.open`,
    )
    this.#removeTrigger = database.prepare(`DELETE FROM triggers ${where} AND trigger = ?`)
    this.#saveFailure = database.prepare(
      `INSERT INTO failures (broker, partition, trigger, offset, failure) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET failure = excluded.failure`,
    )
    this.#removeFailure = database.prepare(
      `DELETE FROM failures ${where} AND trigger = ? AND offset = ?`,
    )
  }

  async load(broker: string, partition: number): Promise<PartitionCursor | undefined> {
    return this.#transaction('load', () => {
      const shared = readShared(this.#readShared.get(broker, partition))
      if (shared === undefined) return undefined
      const triggers = readTriggers(this.#readTriggers.all(broker, partition))
      const failures = readFailures(this.#readFailures.all(broker, partition))
      return { shared, triggers, failures }
    })
  }

  async save(broker: string, partition: number, change: CursorChange): Promise<Saved> {
    this.#transaction('save', () => {
      const { shared, triggers, failures } = change
      if (shared !== undefined) {
        this.#saveShared.run(broker, partition, shared.offset, shared.mark, shared.partitions)
      } else if (this.#readShared.get(broker, partition) === undefined) {
        throw missingShared(broker, partition)
      }
      for (const [trigger, cursor] of triggers ?? []) {
        if (cursor === undefined) this.#removeTrigger.run(broker, partition, trigger)
        else this.#writeTrigger(broker, partition, trigger, cursor)
      }
      for (const { trigger, offset, failure } of failures ?? []) {
        if (failure === undefined) this.#removeFailure.run(broker, partition, trigger, offset)
        else this.#saveFailure.run(broker, partition, trigger, offset, JSON.stringify(failure))
      }
    })
    // One process has the file, and one owner the partition.
    return { contested: false }
  }

  async close(): Promise<void> {
    if (this.#database.isOpen) this.#database.close()
  }

  #writeTrigger(broker: string, partition: number, trigger: string, cursor: TriggerCursor): void {
    this.#saveTrigger.run(
      broker,
      partition,
      trigger,
      cursor.next ?? null,
      cursor.vanishedAt ?? null,
      JSON.stringify(cursor.specs),
      encodeOffsets(cursor.open),
    )
  }

  #transaction<T>(verb: string, work: () => T): T {
    try {
      this.#begin.run()
      const result = work()
      this.#commit.run()
      return result
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      throw isMistake(error) ? error : storageError(verb, HOLDS, this.#file, error)
    }
  }
}

/** The caller's own mistake, as opposed to a failure of the storage. */
function isMistake(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError
}
