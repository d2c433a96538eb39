import { Problem } from '#problems/problem.ts'
import type { Clock } from '#time/clock.ts'
import { checkRecords } from '../check-records.ts'
import type {
  EventLog,
  Membership,
  NewRecord,
  PartitionBounds,
  PartitionOwner,
  PartitionRead,
  Position,
  ReadOptions,
} from '../event-log.ts'
import { PartitionOwners } from '../partition-owners.ts'
import { ReadWaiters } from '../read-waiters.ts'
import { AppendQueue } from './append-queue.ts'
import { LogBounds } from './log-bounds.ts'
import { SegmentReader } from './segment-reader.ts'
import type { FromWriter, LogState, SentProblem, ToWriter } from './writer-messages.ts'

export interface SqliteEventLogOptions {
  readonly broker: string
  readonly folder: string
  readonly opened: FromWriter & { readonly kind: 'opened' }
  /** Cell 0 asks the writer to be woken. */
  readonly waiting: Int32Array
  readonly clock: Clock
  readonly maxPendingBytes: number
  readonly maxPendingCalls: number
  readonly maxPendingMs: number
  readonly send: (message: ToWriter, transfer?: readonly ArrayBuffer[]) => void
  /** The log is closed on this side. */
  readonly onClose: () => void
}

/**
 * One Broker's log as one thread sees it: appends through the writer, reads by itself.
 *
 * The data of a record that was read is a view of the row that it was stored in (up to 256 KiB, or
 * one larger event), which stays in memory as long as the record does.
 * `join` knows the owners of this thread only: one thread of the process delivers.
 */
export class SqliteEventLog implements EventLog {
  readonly #options: SqliteEventLogOptions
  readonly #number: number
  readonly #id: string
  readonly #bounds: LogBounds
  readonly #queue = new AppendQueue()
  readonly #waiters: ReadWaiters
  readonly #reader: SegmentReader
  readonly #owners = new PartitionOwners([0])
  #state: LogState
  #refusal: Problem | undefined
  #released = 0
  #isFlushing = false
  #isClosed = false
  #isLost = false
  #detached: (() => void) | undefined

  constructor(options: SqliteEventLogOptions) {
    const { opened, broker, folder, clock } = options
    this.#options = options
    this.#number = opened.log
    this.#id = opened.id
    this.#bounds = new LogBounds(opened.bounds)
    this.#waiters = new ReadWaiters(clock)
    this.#state = opened.state
    this.#refusal = toProblem(opened.state.refusal)
    this.#reader = new SegmentReader(broker, folder, (first, fault) =>
      options.send({ kind: 'unreadable', log: this.#number, first, fault }),
    )
  }

  /** What `open` is called with again to change the retention. */
  get waiting(): Int32Array {
    return this.#options.waiting
  }

  append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (records.length === 0) return Promise.resolve([])
    try {
      checkRecords(records)
    } catch (error) {
      return Promise.reject(error)
    }
    const refusal = this.refusal()
    if (refusal !== undefined) return Promise.reject(refusal)
    const appended = this.#queue.add(records, this.#options.clock.now())
    if (!this.#isFlushing) {
      this.#isFlushing = true
      // All that one turn of the event loop brings goes into one commit.
      setImmediate(() => {
        this.#isFlushing = false
        this.#flush()
      })
    }
    return appended
  }

  refusal(): Problem | undefined {
    if (this.#refusal !== undefined) return this.#refusal
    const { since } = this.#queue
    if (since === undefined) return undefined
    const { maxPendingBytes, maxPendingCalls, maxPendingMs, clock } = this.#options
    const { bytes, calls } = this.#queue
    const hasRoom = bytes < maxPendingBytes && calls < maxPendingCalls
    if (hasRoom && clock.now() - since <= maxPendingMs) return undefined
    return overCapacity(this.#options.broker, bytes, calls)
  }

  fault(): string | undefined {
    return this.#state.fault
  }

  async read(
    from: readonly Position[],
    { maxBytes, waitMs, signal }: ReadOptions,
  ): Promise<readonly PartitionRead[]> {
    const { clock, waiting } = this.#options
    const deadline = clock.now() + waitMs
    for (;;) {
      signal.throwIfAborted()
      this.#checkOpen()
      const reads = this.#readNow(from, maxBytes)
      const leftMs = deadline - clock.now()
      if (leftMs <= 0 || reads.some((read, at) => read.next !== from[at]?.offset)) return reads
      Atomics.store(waiting, 0, 1)
      // A commit that came before the flag was up wakes nobody.
      if (from.some(({ offset }) => offset < this.#bounds.end)) continue
      await this.#waiters.wait(leftMs, signal)
      if (this.#isClosed) return reads
    }
  }

  async bounds(): Promise<readonly PartitionBounds[]> {
    return [{ partition: 0, start: this.#bounds.start, end: this.#bounds.end }]
  }

  async offsetsAt(timeMs: number): Promise<readonly Position[]> {
    this.#checkOpen()
    const start = this.#bounds.start
    const offset = Math.max(start, this.#reader.offsetAt(timeMs, this.#bounds.end))
    return [{ partition: 0, offset }]
  }

  async markAt(_position: Position): Promise<string> {
    return this.#id
  }

  async recognises(position: Position, mark: string): Promise<boolean> {
    return position.partition === 0 && mark === this.#id && position.offset <= this.#bounds.end
  }

  join(owner: PartitionOwner): Promise<Membership> {
    return this.#owners.join(owner)
  }

  async publishProgress(): Promise<void> {}

  async knativeProgress(): Promise<readonly Position[]> {
    return []
  }

  release({ offset }: Position): void {
    if (offset <= this.#released || this.#isClosed) return
    this.#released = offset
    this.#send({ kind: 'release', log: this.#number, offset, now: this.#options.clock.now() })
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#refusal = new Problem(
      'log-unavailable',
      `Cannot append to the event log of ${this.#options.broker}: it is closed`,
      { retryAfterSeconds: 2 },
    )
    this.#waiters.wake()
    await this.#queue.idle()
    this.#reader.close()
    if (!this.#isLost) await this.#detach()
    this.#options.onClose()
  }

  /** What the writer says about this log. */
  receive(message: FromWriter): void {
    if (message.kind === 'appended') {
      this.#queue.settle(message.first, message.bytes)
      this.#flush()
      this.#waiters.wake()
    } else if (message.kind === 'refused') {
      this.#queue.refuse(asProblem(message.problem))
      this.#flush()
    } else if (message.kind === 'detached') {
      this.#detached?.()
    } else if (message.kind === 'state') {
      this.#state = message.state
      if (!this.#isClosed) this.#refusal = toProblem(message.state.refusal)
    } else {
      if (message.kind === 'segments' && !this.#isClosed) this.#reader.refresh()
      this.#waiters.wake()
    }
  }

  /** The writer is gone. */
  lose(): void {
    this.#detached?.()
    const { broker } = this.#options
    this.#isLost = true
    const detail = `Cannot append to the event log of ${broker}: its writer has stopped`
    const problem = new Problem('log-unavailable', detail, { retryAfterSeconds: 10 })
    this.#refusal = problem
    this.#state = { fault: `The event log of ${broker} has lost its writer`, refusal: undefined }
    this.#queue.abandon(problem)
  }

  #detach(): Promise<void> {
    return new Promise((resolve) => {
      this.#detached = resolve
      this.#send({ kind: 'detach', log: this.#number })
    })
  }

  #readNow(from: readonly Position[], maxBytes: number): PartitionRead[] {
    let left = maxBytes
    const start = this.#bounds.start
    const reads: PartitionRead[] = []
    for (const { partition, offset } of from) {
      if (partition !== 0)
        throw new RangeError(`Cannot read partition ${partition}: there is only 0`)
      const end = this.#bounds.end
      const at = Math.max(offset, start)
      const taken =
        at < end && left > 0
          ? this.#reader.read(at, end, left)
          : { records: [], next: Math.min(at, end) }
      for (const record of taken.records) left -= record.event.data?.length ?? 0
      reads.push({ partition, ...taken, start, mark: this.#id })
    }
    return reads
  }

  #flush(): void {
    const batch = this.#queue.next()
    if (batch === undefined) return
    const time = this.#options.clock.now()
    const bytes = new Uint8Array(batch.buffer.buffer as ArrayBuffer, 0, batch.bytes)
    this.#send({ kind: 'append', log: this.#number, time, rows: batch.rows, bytes }, [bytes.buffer])
  }

  #send(message: ToWriter, transfer?: readonly ArrayBuffer[]): void {
    this.#options.send(message, transfer)
  }

  #checkOpen(): void {
    if (this.#isClosed) {
      throw new Error(`Cannot read the event log of ${this.#options.broker}: it is closed`)
    }
  }
}

function toProblem(sent: SentProblem | undefined): Problem | undefined {
  return sent === undefined ? undefined : asProblem(sent)
}

function asProblem({ type, detail, retryAfterSeconds }: SentProblem): Problem {
  return new Problem(type, detail, { retryAfterSeconds })
}

function overCapacity(broker: string, bytes: number, calls: number): Problem {
  const detail =
    `Cannot append to the event log of ${broker}: ` +
    `${calls} earlier requests with ${bytes} bytes are still being written`
  return new Problem('over-capacity', detail, { retryAfterSeconds: 1 })
}
