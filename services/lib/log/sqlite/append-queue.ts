import type { Problem } from '#problems/problem.ts'
import type { NewRecord, Position } from '../event-log.ts'
import { encodeRecord, recordBound } from './record-codec.ts'

const ROW_BYTES = 256 * 1024
const ROW_RECORDS = 1024
const BATCH_BYTES = 1024 * 1024
const BATCH_RECORDS = 2048
const INITIAL_BYTES = 128 * 1024
/** Larger buffers are not kept for the next batch. */
const KEPT_BYTES = 2 * BATCH_BYTES

interface Call {
  readonly first: number
  readonly count: number
  readonly resolve: (positions: readonly Position[]) => void
  readonly reject: (error: Error) => void
}

/** Whole calls that are committed together. */
export interface AppendBatch {
  /** Per row: how many records, how many bytes. */
  readonly rows: number[]
  readonly calls: Call[]
  buffer: Buffer
  bytes: number
  count: number
  /** When its first call came, in milliseconds since 1970. */
  readonly since: number
}

/** Appends on their way to the writer: one batch in flight, the next ones gathering behind it. */
export class AppendQueue {
  #inFlight: AppendBatch | undefined
  readonly #gathering: AppendBatch[] = []
  #bytes = 0
  #calls = 0
  #spare: Buffer | undefined
  readonly #idle: (() => void)[] = []

  /** Bytes not yet committed. */
  get bytes(): number {
    return this.#bytes
  }

  /** Calls not yet committed. */
  get calls(): number {
    return this.#calls
  }

  /** When the oldest call came that is not yet committed. */
  get since(): number | undefined {
    return (this.#inFlight ?? this.#gathering[0])?.since
  }

  /** Takes a call in. Its records are encoded before this returns. */
  add(records: readonly NewRecord[], now: number): Promise<readonly Position[]> {
    const batch = this.#open(now)
    const before = batch.bytes
    const first = batch.count
    for (const record of records) {
      this.#makeRoom(batch, recordBound(record))
      const end = encodeRecord(record, batch.buffer, batch.bytes)
      addToRows(batch.rows, end - batch.bytes)
      batch.bytes = end
    }
    batch.count += records.length
    this.#bytes += batch.bytes - before
    this.#calls++
    return new Promise((resolve, reject) => {
      batch.calls.push({ first, count: records.length, resolve, reject })
    })
  }

  /** The next batch to send, or `undefined` when there is none or one is on its way. */
  next(): AppendBatch | undefined {
    if (this.#inFlight !== undefined) return undefined
    this.#inFlight = this.#gathering.shift()
    return this.#inFlight
  }

  /** The batch in flight is durable from offset `first` on; its buffer has come back. */
  settle(first: number, buffer: Uint8Array): void {
    if (buffer.buffer.byteLength <= KEPT_BYTES) this.#spare = Buffer.from(buffer.buffer)
    for (const call of this.#land()) {
      const positions: Position[] = []
      for (let index = 0; index < call.count; index++) {
        positions.push({ partition: 0, offset: first + call.first + index })
      }
      call.resolve(positions)
    }
  }

  /** The batch in flight was refused as a whole. */
  refuse(problem: Problem): void {
    for (const call of this.#land()) call.reject(problem)
  }

  /** The writer is gone: nothing that waits will ever be committed. */
  abandon(problem: Problem): void {
    this.refuse(problem)
    while (this.next() !== undefined) this.refuse(problem)
  }

  /** Resolves when nothing waits any more. */
  idle(): Promise<void> {
    if (this.since === undefined) return Promise.resolve()
    return new Promise((resolve) => this.#idle.push(resolve))
  }

  #land(): readonly Call[] {
    const batch = this.#inFlight
    if (batch === undefined) return []
    this.#inFlight = undefined
    this.#bytes -= batch.bytes
    this.#calls -= batch.calls.length
    if (this.#gathering.length === 0) for (const resolve of this.#idle.splice(0)) resolve()
    return batch.calls
  }

  #open(now: number): AppendBatch {
    const last = this.#gathering.at(-1)
    if (last !== undefined && last.bytes < BATCH_BYTES && last.count < BATCH_RECORDS) return last
    const buffer = this.#spare ?? Buffer.allocUnsafeSlow(INITIAL_BYTES)
    this.#spare = undefined
    const batch = { rows: [], calls: [], buffer, bytes: 0, count: 0, since: now }
    this.#gathering.push(batch)
    return batch
  }

  #makeRoom(batch: AppendBatch, bytes: number): void {
    const needed = batch.bytes + bytes
    if (needed <= batch.buffer.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, batch.buffer.length * 2))
    batch.buffer.copy(larger, 0, 0, batch.bytes)
    batch.buffer = larger
  }
}

/** Cuts a batch into bounded rows, so that a reader never has to load much more than it wants. */
function addToRows(rows: number[], bytes: number): void {
  const last = rows.length - 1
  const count = rows[last - 1] ?? ROW_RECORDS
  const size = rows[last] ?? 0
  if (count >= ROW_RECORDS || size + bytes > ROW_BYTES) {
    rows.push(1, bytes)
  } else {
    rows[last - 1] = count + 1
    rows[last] = size + bytes
  }
}
