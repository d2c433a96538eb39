import { basename } from 'node:path'
import type { LogRecord } from '../event-log.ts'
import { describeStorageFault } from './describe-storage-fault.ts'
import { decodeRecord, recordEnd } from './record-codec.ts'
import { SegmentConnection, type SegmentRow } from './segment-connection.ts'
import { listSegments, segmentFile } from './segment-files.ts'

const MOST_CONNECTIONS = 8
/** Rows of which a reader took a part; as many readers can go on without loading them again. */
const MOST_RECENT = 4

export interface SegmentRead {
  readonly records: readonly LogRecord[]
  readonly next: number
}

/** A segment could not be read (`fault`), or was read again (`undefined`). */
export type OnReadable = (first: number, fault: string | undefined) => void

/** Reads one log's segments over this thread's own connections. */
export class SegmentReader {
  readonly #broker: string
  readonly #folder: string
  readonly #onReadable: OnReadable
  #firsts: readonly number[] | undefined
  /** The one used last stands last. */
  readonly #connections = new Map<number, SegmentConnection>()
  #recent: SegmentRow[] = []
  readonly #unreadable = new Set<number>()

  constructor(broker: string, folder: string, onReadable: OnReadable) {
    this.#broker = broker
    this.#folder = folder
    this.#onReadable = onReadable
  }

  /**
   * The records from `offset` up to below `end`, until they pass `maxBytes`. `end` is what the
   * writer says is committed, and not below `offset`.
   * @throws Error when the very next record cannot be read; names the file and what to do.
   */
  read(offset: number, end: number, maxBytes: number): SegmentRead {
    const records: LogRecord[] = []
    let next = offset
    let bytes = 0
    try {
      for (const row of this.#rows(offset, end)) {
        let at = 0
        for (let index = row.first; index < row.first + row.count; index++) {
          const recordAt = at
          at = recordEnd(row.records, at)
          if (index < offset) continue
          records.push(decodeRecord(row.records, recordAt, index, row.time))
          next = index + 1
          bytes += at - recordAt
          if (bytes < maxBytes) continue
          if (next < row.first + row.count) this.#remember(row)
          return { records, next }
        }
      }
    } catch (error) {
      // What came before the damage is delivered first; the next call meets the damage again.
      if (records.length === 0) throw error
      return { records, next }
    }
    return { records, next: Math.max(next, end) }
  }

  /** The first record at or after a time that was read below `end`, else `end`. */
  offsetAt(timeMs: number, end: number): number {
    const firsts = this.#list()
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >> 1
      const first = firsts[middle] ?? 0
      const newest = this.#using(first, (connection) => connection.newestTime())
      if (newest !== undefined && newest < timeMs) low = middle + 1
      else high = middle
    }
    const first = firsts[low]
    if (first === undefined) return end
    const found = this.#using(first, (connection) => connection.offsetAt(timeMs))
    return Math.min(found ?? firsts[low + 1] ?? end, end)
  }

  /** Segments were added or are gone: lets go of those that are gone. */
  refresh(): void {
    this.#firsts = undefined
    if (this.#connections.size === 0) return
    const present = new Set(this.#list())
    for (const first of [...this.#connections.keys()]) if (!present.has(first)) this.#drop(first)
  }

  close(): void {
    for (const first of [...this.#connections.keys()]) this.#drop(first)
    this.#recent = []
  }

  /** The rows from the one that holds `offset` on, over all segments. */
  *#rows(offset: number, end: number): Generator<SegmentRow, void> {
    let next = offset
    const recent = this.#recent.find((row) => row.first <= next && next < row.first + row.count)
    if (recent !== undefined) {
      yield recent
      next = recent.first + recent.count
    }
    while (next < end) {
      const index = this.#indexOf(next)
      const first = this.#list()[index]
      if (first === undefined) return
      if (first > next && first >= end) {
        // Taken away by somebody, and the writer has not noticed yet: no damage of what is left.
        throw new Error(`The records from offset ${next} to ${end - 1} are gone`)
      }
      const bound = this.#boundAfter(index)
      const limit = Math.min(end, bound.end ?? bound.following ?? end)
      try {
        const connection = this.#connect(first)
        if (connection === undefined) continue
        for (const row of connection.rows(next, limit)) {
          yield row
          next = row.first + row.count
        }
        if (next < limit && (bound.end !== undefined || this.#isNewest(first))) {
          throw new Error(`the records from offset ${next} to ${limit - 1} are missing`)
        }
      } catch (error) {
        throw this.#damaged(first, error)
      }
      this.#whole(first)
      if (bound.following !== undefined) next = Math.max(next, bound.following)
    }
  }

  /** Whether there is, by a fresh look at the folder, no segment above `first`. */
  #isNewest(first: number): boolean {
    this.#firsts = undefined
    return this.#list().at(-1) === first
  }

  /**
   * Where the segment after the one at `index` begins, and where the records of the one at `index`
   * end by what was acknowledged. Both differ after a fault: then a failed commit's records may
   * stand between them, which were never confirmed.
   */
  #boundAfter(index: number): { following: number | undefined; end: number | undefined } {
    const following = this.#list()[index + 1]
    if (following === undefined) return { following, end: undefined }
    let end: number | undefined
    try {
      const previous = this.#connect(following)?.meta.previous
      if (previous?.first === this.#list()[index]) end = previous?.end
    } catch {
      // Reading on meets the same failure there, and says so.
      this.#drop(following)
    }
    return { following, end }
  }

  /** The segment that would hold `offset`, or else the first one above it. */
  #indexOf(offset: number): number {
    const firsts = this.#list()
    let low = 0
    let high = firsts.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((firsts[middle] ?? 0) <= offset) low = middle + 1
      else high = middle
    }
    return Math.max(0, low - 1)
  }

  #list(): readonly number[] {
    this.#firsts ??= listSegments(this.#folder)
    return this.#firsts
  }

  /** `undefined` when its file is gone; the list is a new one then. */
  #connect(first: number): SegmentConnection | undefined {
    const known = this.#connections.get(first)
    if (known !== undefined) {
      this.#connections.delete(first)
      this.#connections.set(first, known)
      return known
    }
    let connection: SegmentConnection
    try {
      connection = new SegmentConnection(this.#folder, first)
    } catch (error) {
      this.refresh()
      if (this.#list().includes(first)) throw error
      return undefined
    }
    this.#connections.set(first, connection)
    if (this.#connections.size > MOST_CONNECTIONS) {
      const [oldest] = this.#connections.keys()
      if (oldest !== undefined) this.#drop(oldest)
    }
    return connection
  }

  #using<T>(first: number, use: (connection: SegmentConnection) => T): T | undefined {
    try {
      const connection = this.#connect(first)
      return connection === undefined ? undefined : use(connection)
    } catch (error) {
      throw this.#damaged(first, error)
    }
  }

  #drop(first: number): void {
    this.#connections.get(first)?.close()
    this.#connections.delete(first)
  }

  #remember(row: SegmentRow): void {
    if (this.#recent.includes(row)) return
    this.#recent = [row, ...this.#recent.slice(0, MOST_RECENT - 1)]
  }

  #damaged(first: number, cause: unknown): Error {
    this.#drop(first)
    const file = segmentFile(this.#folder, first)
    const reason = describeStorageFault(cause)
    this.#unreadable.add(first)
    this.#onReadable(
      first,
      `The event log of ${this.#broker} cannot be read on: segment ${basename(file)}: ${reason}.`,
    )
    return new Error(
      `Cannot read the event log of ${this.#broker}: ${file}: ${reason}. Nothing is skipped. ` +
        'Restore the file, or move it away with its -wal and -shm to give up the records in it',
      { cause },
    )
  }

  #whole(first: number): void {
    if (this.#unreadable.delete(first)) this.#onReadable(first, undefined)
  }
}
