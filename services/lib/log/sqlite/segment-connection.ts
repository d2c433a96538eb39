import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { openSegment } from './open-segment.ts'
import { rowChecksum } from './row-checksum.ts'
import { readSegmentMeta } from './segment-meta.ts'
import type { SegmentMeta } from './segment-writer.ts'

/** One row of a segment: records `first` to `first + count - 1`, appended together. */
export interface SegmentRow {
  readonly first: number
  readonly count: number
  readonly time: number
  readonly records: Buffer
}

/** A read-only connection to one segment. */
export class SegmentConnection {
  readonly first: number
  readonly meta: SegmentMeta
  readonly #db: DatabaseSync
  readonly #rows: StatementSync
  readonly #since: StatementSync
  readonly #newest: StatementSync

  /** @throws Error when there is no such segment, or it cannot be read. */
  constructor(folder: string, first: number) {
    this.first = first
    this.#db = openSegment(folder, first)
    try {
      this.meta = readSegmentMeta(this.#db)
      const columns = 'first_offset, count, time, crc, records'
      this.#rows = this.#db.prepare(
        `SELECT ${columns} FROM batches WHERE first_offset >= coalesce(
          (SELECT max(first_offset) FROM batches WHERE first_offset <= ?), 0)
         ORDER BY first_offset`,
      )
      this.#rows.setReturnArrays(true)
      this.#since = this.#db.prepare(
        'SELECT first_offset FROM batches WHERE time >= ? ORDER BY first_offset LIMIT 1',
      )
      this.#newest = this.#db.prepare('SELECT time FROM batches ORDER BY first_offset DESC LIMIT 1')
    } catch (error) {
      this.#db.close()
      throw error
    }
  }

  /**
   * The rows from the one that holds `offset` on, or else from the next one, below `end`.
   * @throws Error when a row's checksum does not fit, or one is missing.
   */
  *rows(offset: number, end: number): Generator<SegmentRow, void> {
    let expected: number | undefined
    for (const values of this.#rows.iterate(offset)) {
      const row = toRow(values)
      if (row.first >= end) return
      // Offsets have no gaps within a segment.
      if (row.first !== (expected ?? (row.first > offset ? this.first : row.first))) {
        throw new Error(`the records before offset ${row.first} are missing`)
      }
      expected = row.first + row.count
      if (expected > offset) yield row
    }
  }

  /** The first record appended at or after a time, if there is one. */
  offsetAt(timeMs: number): number | undefined {
    const row = this.#since.get(timeMs)
    return row === undefined ? undefined : Number(row['first_offset'])
  }

  /** When the last record was appended, in milliseconds since 1970. */
  newestTime(): number | undefined {
    const row = this.#newest.get()
    return row === undefined ? undefined : Number(row['time'])
  }

  close(): void {
    this.#db.close()
  }
}

function toRow(values: unknown): SegmentRow {
  const [first, count, time, crc, bytes] = values as [number, number, number, number, Uint8Array]
  if (!(bytes instanceof Uint8Array) || rowChecksum(first, count, time, bytes) !== crc) {
    throw new Error(`the checksum of the records from offset ${first} on does not fit`)
  }
  const records = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { first, count, time, records }
}
