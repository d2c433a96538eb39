import { setImmediate as turn } from 'node:timers/promises'
import type { EventLog, PartitionRead } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { pause } from './pause.ts'

/** For one partition, and at most: for all of them together. */
const READ_BYTES = 256 * 1024
const READ_BYTES_AT_MOST = 1024 * 1024
const READ_WAIT_MS = 1000
/** While a partition is left out that will read along again any moment. */
const READ_WAIT_CROWDED_MS = 20
const READ_AGAIN_MS = 1000

/** Whoever reads a partition on from where its attached Triggers are. */
export interface Head {
  readonly id: number
  /** Where to read on, and what the log said it is there. */
  readonly shared: { readonly offset: number; readonly mark: string }
  /** It has enough to do for the moment, and calls `wake` when it has not. */
  readonly isCrowded: boolean
  /** What was read at `shared.offset`. `isFull`: there is more, as the live end of a log does not fill a read. */
  take(read: PartitionRead, isFull: boolean): void
  /** The log is not the one that `shared` is from. */
  lost(): void
}

export interface HeadReaderParts {
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
}

/** Reads all partitions that this process owns of a Broker, in one read at a time. */
export class HeadReader {
  readonly #parts: HeadReaderParts
  readonly #heads = new Set<Head>()
  #isRunning = false
  /** Ends the read, or the pause, that is under way. */
  #current = new AbortController()
  #wake: (() => void) | undefined
  #fault: string | undefined

  constructor(parts: HeadReaderParts) {
    this.#parts = parts
  }

  /** Why the log cannot be read. */
  get fault(): string | undefined {
    return this.#fault
  }

  add(head: Head): void {
    this.#heads.add(head)
    this.#interrupt()
    if (!this.#isRunning) void this.#run()
  }

  /** Nothing that is read from now on, or is being read, reaches it. */
  remove(head: Head): void {
    if (this.#heads.delete(head)) this.#interrupt()
  }

  /** A head is not crowded any more. */
  wake(): void {
    this.#wake?.()
  }

  #interrupt(): void {
    this.#current.abort(new Error('The partitions have changed'))
    this.#wake?.()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    let isSound = true
    while (this.#heads.size > 0) {
      this.#current = new AbortController()
      const { signal } = this.#current
      try {
        if (!isSound) await this.#verify()
        isSound = true
        await this.#readOnce(signal)
        // A backlog is read without ever waiting: answers and timers need their turn.
        await turn()
      } catch (error) {
        if (signal.aborted) continue
        isSound = false
        this.#failed(error)
        await pause(READ_AGAIN_MS, this.#parts.clock, signal)
      }
    }
    this.#fault = undefined
    this.#isRunning = false
  }

  async #readOnce(signal: AbortSignal): Promise<void> {
    const heads = [...this.#heads].filter((head) => !head.isCrowded)
    if (heads.length === 0) return this.#woken()
    const maxBytes = Math.min(heads.length * READ_BYTES, READ_BYTES_AT_MOST)
    const waitMs = heads.length < this.#heads.size ? READ_WAIT_CROWDED_MS : READ_WAIT_MS
    const from = heads.map(({ id, shared }) => ({ partition: id, offset: shared.offset }))
    const reads = await this.#parts.log.read(from, { maxBytes, waitMs, signal })
    if (this.#fault !== undefined) this.#parts.logger.info('The event log can be read again')
    this.#fault = undefined
    const share = maxBytes / heads.length
    for (const [at, head] of heads.entries()) {
      const read = reads[at]
      const isWanted = this.#heads.has(head) && head.shared.offset === from[at]?.offset
      if (read !== undefined && isWanted) head.take(read, bytesOf(read) * 2 > share)
    }
  }

  #woken(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#wake = undefined
        resolve()
      }
    })
  }

  /** What could not be read may have been deleted, and another log be in its place. */
  async #verify(): Promise<void> {
    for (const head of [...this.#heads]) {
      const { offset, mark } = head.shared
      const isOurs = await this.#parts.log.recognises({ partition: head.id, offset }, mark)
      if (!isOurs && this.#heads.has(head)) head.lost()
    }
  }

  #failed(error: unknown): void {
    const fault = error instanceof Error ? error.message : String(error)
    if (this.#fault !== fault)
      this.#parts.logger.error({ err: error }, 'The event log cannot be read')
    this.#fault = fault
  }
}

function bytesOf(read: PartitionRead): number {
  let bytes = 0
  for (const record of read.records) bytes += 256 + (record.event.data?.byteLength ?? 0)
  return bytes
}
