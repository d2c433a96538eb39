import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import { openDatabase } from '#sqlite/open-database.ts'
import { storageError } from '#sqlite/storage-error.ts'
import type {
  DeadLetter,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetters,
  StoredDeadLetter,
} from '../dead-letters.ts'
import { DEAD_LETTER_MIGRATIONS } from './dead-letter-schema.ts'
import { LETTER_COLUMNS, writeLetter } from './letter-row.ts'
import { SqliteDeadLetterReader } from './sqlite-dead-letter-reader.ts'

const HOLDS = 'the dead letters'

/** How long a put waits for others to share its fsync with: a failed delivery is in no hurry. */
const LINGER_MS = 10
/** As much may wait; then it is written at once. */
const MAX_WAITING = 256
const MAX_WAITING_BYTES = 4 * 1024 * 1024

interface WaitingPut {
  readonly row: readonly SQLInputValue[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/**
 * Dead letters in one SQLite file. Puts that come within some milliseconds of each other are one
 * transaction, with fsync, on the caller's thread; a letter that cannot be stored does not take
 * the others of its transaction with it.
 */
export class SqliteDeadLetters implements DeadLetters {
  readonly #file: string
  readonly #database: DatabaseSync
  readonly #put: StatementSync
  readonly #reader: SqliteDeadLetterReader
  #waiting: WaitingPut[] = []
  #waitingBytes = 0
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /**
   * Opens `file`, and creates it when it is new. Its folder must exist. In a temporary file nothing
   * waits for the disk: it is for what is kept elsewhere too.
   * @throws Error when it cannot be opened or a newer Sluice wrote it; the message says what to do.
   */
  constructor(file: string, { isTemporary = false }: { readonly isTemporary?: boolean } = {}) {
    this.#file = file
    this.#database = openDatabase(file, {
      holds: HOLDS,
      synchronous: isTemporary ? 'OFF' : 'FULL',
      migrations: DEAD_LETTER_MIGRATIONS,
    })
    this.#put = this.#database.prepare(
      `INSERT OR REPLACE INTO letters (${LETTER_COLUMNS}, data)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    )
    this.#reader = new SqliteDeadLetterReader(file)
  }

  async put(letter: DeadLetter): Promise<void> {
    if (this.#isClosed) throw new Error(`Cannot store ${HOLDS} in ${this.#file}: closed`)
    const row = writeLetter(letter)
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    this.#waiting.push({ row, resolve, reject })
    this.#waitingBytes += letter.event.data?.length ?? 0
    const isFull = this.#waiting.length >= MAX_WAITING || this.#waitingBytes >= MAX_WAITING_BYTES
    if (isFull) this.#flush()
    else this.#timer ??= setTimeout(() => this.#flush(), LINGER_MS)
    return promise
  }

  list(query: DeadLetterQuery): Promise<DeadLetterPage> {
    return this.#reader.list(query)
  }

  get(id: string): Promise<StoredDeadLetter | undefined> {
    return this.#reader.get(id)
  }

  count(): Promise<number> {
    return this.#reader.count()
  }

  /** Stores what waits, and lets go of the file. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#flush()
    await this.#reader.close()
    this.#database.close()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const puts = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    if (puts.length === 0) return
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      const stored = puts.filter((put) => this.#store(put))
      this.#database.exec('COMMIT')
      for (const put of stored) put.resolve()
    } catch (error) {
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const failure = storageError('store', HOLDS, this.#file, error)
      for (const put of puts) put.reject(failure)
    }
  }

  /** Whether the letter is in the transaction. Throws when there is no transaction any more. */
  #store(put: WaitingPut): boolean {
    try {
      this.#put.run(...put.row)
      return true
    } catch (error) {
      if (!this.#database.isTransaction) throw error
      put.reject(storageError('store', HOLDS, this.#file, error))
      return false
    }
  }
}
