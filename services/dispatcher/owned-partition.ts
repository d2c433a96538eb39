import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { Trigger } from '#triggers/trigger.ts'
import type { Partition } from './partition.ts'

const OPEN_AGAIN_MS = 1000

export interface OwnedPartitionParts {
  readonly clock: Clock
  readonly logger: Logger
  /** How long attempts may go on when the partition must be opened anew, in milliseconds. */
  readonly graceMs: number
  /** It is opened when this has resolved. */
  readonly after: Promise<unknown>
  /** Those of the moment. */
  triggers(): readonly Trigger[]
  create(lost: () => void): Partition
}

/**
 * A partition from the moment it is assigned to this process until it is handed over. It is opened
 * again where that fails, and when its log was recreated; what is asked of it happens one after
 * the other.
 */
export class OwnedPartition {
  readonly #id: number
  readonly #parts: OwnedPartitionParts
  /** Being opened, open, or lost and not closed yet. */
  #current: Partition | undefined
  #isOpen = false
  #isClosed = false
  #fault: string | undefined
  #stopRetry: Cancel = () => undefined
  #last: Promise<unknown>

  constructor(id: number, parts: OwnedPartitionParts) {
    this.#id = id
    this.#parts = parts
    this.#last = parts.after
  }

  /** While it is open. */
  get partition(): Partition | undefined {
    return this.#isOpen ? this.#current : undefined
  }

  get fault(): string | undefined {
    return this.#fault ?? this.partition?.fault
  }

  /** Resolves when it delivers, or it is in `fault` why it does not yet. */
  open(): Promise<void> {
    return this.#next(() => this.#open())
  }

  /** Takes over changed Triggers. @throws Error when the log cannot be read, and has changed nothing then. */
  apply(triggers: readonly Trigger[]): Promise<void> {
    return this.#next(async () => {
      try {
        await this.partition?.apply(triggers)
      } catch (error) {
        // The next owner applies them.
        if (!this.#isClosed) throw error
      }
    })
  }

  /** Stops taking at once, lets attempts end for `graceMs`, and saves the cursors. */
  close(graceMs: number): Promise<void> {
    this.#isClosed = true
    this.#stopRetry()
    this.#current?.stop()
    return this.#next(async () => {
      await this.#current?.close(graceMs)
      this.#isOpen = false
      this.#current = undefined
    })
  }

  async #open(): Promise<void> {
    if (this.#isClosed || this.#isOpen) return
    const partition = this.#parts.create(() => this.#lost(partition))
    this.#current = partition
    try {
      await partition.open(this.#parts.triggers())
      this.#isOpen = true
      this.#fault = undefined
    } catch (error) {
      await partition.discard(0)
      this.#current = undefined
      if (this.#isClosed) return
      this.#fault = error instanceof Error ? error.message : String(error)
      this.#parts.logger.error({ err: error, partition: this.#id }, 'Partition cannot be opened')
      this.#openLater()
    }
  }

  #lost(partition: Partition): void {
    this.#parts.logger.error(
      { partition: this.#id },
      'The event log is another one now: the partition is opened again',
    )
    void this.#next(async () => {
      if (this.#isClosed || this.#current !== partition) return
      this.#isOpen = false
      // What it knows is about the log that is gone.
      await partition.discard(this.#parts.graceMs)
      this.#current = undefined
      this.#fault = 'The event log was recreated: the partition is about to be opened again'
      if (!this.#isClosed) this.#openLater()
    })
  }

  #openLater(): void {
    this.#stopRetry()
    this.#stopRetry = this.#parts.clock.after(OPEN_AGAIN_MS, () => void this.open())
  }

  #next(task: () => Promise<void>): Promise<void> {
    const run = this.#last.then(task)
    this.#last = run.catch(() => undefined)
    return run
  }
}
