import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openReadOnly } from '#sqlite/open-read-only.ts'
import { storageError } from '#sqlite/storage-error.ts'
import type {
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterReader,
  StoredDeadLetter,
} from '../dead-letters.ts'
import { readPagePosition, writePagePosition } from '../page-position.ts'
import { DEAD_LETTER_MIGRATIONS } from './dead-letter-schema.ts'
import { LETTER_COLUMNS, readLetter, readSummary } from './letter-row.ts'

const HOLDS = 'the dead letters'

interface Connection {
  readonly database: DatabaseSync
  readonly list: StatementSync
  readonly listOfTrigger: StatementSync
  readonly get: StatementSync
  readonly count: StatementSync
}

/**
 * Reads the dead letters that a `SqliteDeadLetters` keeps, from any thread. The file may not exist
 * yet: there are no dead letters then, and the first call that finds it opens it.
 */
export class SqliteDeadLetterReader implements DeadLetterReader {
  readonly #file: string
  #connection: Connection | undefined
  #isClosed = false

  constructor(file: string) {
    this.#file = file
  }

  async list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    const { time, id } = readPagePosition(query) ?? { time: Number.MAX_SAFE_INTEGER, id: '' }
    return this.#read({ letters: [], next: undefined }, ({ list, listOfTrigger }) => {
      const { trigger, limit } = query
      const rows =
        trigger === undefined
          ? list.all(time, id, limit + 1)
          : listOfTrigger.all(trigger, time, id, limit + 1)
      const letters = rows.slice(0, limit).map(readSummary)
      const last = letters.at(-1)
      const hasMore = rows.length > limit
      return { letters, next: hasMore && last !== undefined ? writePagePosition(last) : undefined }
    })
  }

  async get(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#read(undefined, ({ get }) => {
      const row = get.get(id)
      return row === undefined ? undefined : readLetter(row)
    })
  }

  async count(): Promise<number> {
    return this.#read(0, ({ count }) => Number(count.get()?.['letters']))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#connection?.database.close()
    this.#connection = undefined
  }

  /** What `work` reads, or `none` while there is no file. */
  #read<T>(none: T, work: (connection: Connection) => T): T {
    if (this.#isClosed) throw new Error(`Cannot read ${HOLDS} in ${this.#file}: closed`)
    this.#connection ??= connect(this.#file)
    if (this.#connection === undefined) return none
    try {
      return work(this.#connection)
    } catch (error) {
      throw storageError('read', HOLDS, this.#file, error)
    }
  }
}

function connect(file: string): Connection | undefined {
  const database = openReadOnly(file, { holds: HOLDS, migrations: DEAD_LETTER_MIGRATIONS })
  if (database === undefined) return undefined
  const page = '(time, id) < (?, ?) ORDER BY time DESC, id DESC LIMIT ?'
  const summaries = `SELECT ${LETTER_COLUMNS}, length(data) AS data_bytes FROM letters`
  return {
    database,
    list: database.prepare(`${summaries} WHERE ${page}`),
    listOfTrigger: database.prepare(`${summaries} WHERE trigger = ? AND ${page}`),
    get: database.prepare(`SELECT ${LETTER_COLUMNS}, data FROM letters WHERE id = ?`),
    count: database.prepare('SELECT count(*) AS letters FROM letters'),
  }
}
