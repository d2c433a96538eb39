import type {
  CursorChange,
  Cursors,
  FailedDelivery,
  SharedCursor,
  TriggerCursor,
} from '#cursors/cursors.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'

/**
 * A change is saved within this time: when the clock shows a multiple of it, so that what all
 * partitions have to save can share a request.
 */
const SAVE_WITHIN_MS = 50
const AGAIN_AFTER_MS = 1000

/** Whoever has a Trigger's cursor to save. */
export interface CursorHolder {
  /** The Trigger's `<namespace>/<name>`. */
  readonly key: string
  cursor(): TriggerCursor
}

export interface CursorSaverParts {
  /** The Broker's `<namespace>/<name>`. */
  readonly broker: string
  readonly partition: number
  readonly cursors: Cursors
  readonly clock: Clock
  readonly logger: Logger
  /** Somebody else has saved this partition too: everything is to be saved again. */
  contested(): void
}

type Failures = Map<string, Map<number, FailedDelivery | undefined>>

/** Saves one partition's cursors: soon after a change, everything that changed at once, one save at a time. */
export class CursorSaver {
  readonly #parts: CursorSaverParts
  #shared: SharedCursor | undefined
  readonly #holders = new Map<string, CursorHolder>()
  readonly #removed = new Set<string>()
  #failures: Failures = new Map()
  #waiting: (() => void)[] = []
  #timer: Cancel | undefined
  #saving: Promise<void> | undefined
  #isClosed = false
  #fault: string | undefined

  constructor(parts: CursorSaverParts) {
    this.#parts = parts
  }

  /** Why the last save failed. */
  get fault(): string | undefined {
    return this.#fault
  }

  shared(cursor: SharedCursor): void {
    this.#shared = cursor
    this.#soon(SAVE_WITHIN_MS)
  }

  changed(holder: CursorHolder): void {
    this.#removed.delete(holder.key)
    this.#holders.set(holder.key, holder)
    this.#soon(SAVE_WITHIN_MS)
  }

  /** Has failures of open deliveries saved (again). */
  remember(trigger: string, failures: Iterable<readonly [number, FailedDelivery]>): void {
    for (const [offset, failure] of failures) this.#failure(trigger, offset, failure)
    this.#soon(SAVE_WITHIN_MS)
  }

  /** Forgets a Trigger's cursor, and the failures of its open deliveries. */
  removed(trigger: string, open: readonly number[]): void {
    this.obsolete(trigger, open)
    this.#holders.delete(trigger)
    this.#removed.add(trigger)
  }

  /** Forgets failures of deliveries that are not open any more. */
  obsolete(trigger: string, offsets: readonly number[]): void {
    for (const offset of offsets) this.#failure(trigger, offset, undefined)
    this.#soon(SAVE_WITHIN_MS)
  }

  ended(holder: CursorHolder, offset: number, hadFailed: boolean): void {
    if (hadFailed) this.#failure(holder.key, offset, undefined)
    this.changed(holder)
  }

  /** Saves a failure at once. Resolves when that was done, or cannot be done for now. */
  async failed(trigger: string, offset: number, failure: FailedDelivery): Promise<void> {
    if (this.#isClosed) return
    this.#failure(trigger, offset, failure)
    if (this.#fault !== undefined) return this.#soon(AGAIN_AFTER_MS)
    const saved = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#soon(0)
    await saved
  }

  /** Saves all that is not saved yet. Resolves when that was done, or failed. */
  async flush(): Promise<void> {
    // A save that is under way may be older than what is asked for.
    await this.#saving
    this.#begin()
    await this.#saving
  }

  /** Saves the rest. What fails now is not tried again. */
  async close(): Promise<void> {
    await this.flush()
    // What came meanwhile, and all of it where the save was contested.
    if (this.#dirty && this.#fault === undefined) await this.flush()
    this.#isClosed = true
    this.#timer?.()
  }

  /** Saves nothing more. Resolves when the save that is under way has ended. */
  async discard(): Promise<void> {
    this.#isClosed = true
    this.#timer?.()
    await this.#saving
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  get #dirty(): boolean {
    return (
      this.#shared !== undefined ||
      this.#holders.size > 0 ||
      this.#failures.size > 0 ||
      this.#removed.size > 0
    )
  }

  #failure(trigger: string, offset: number, failure: FailedDelivery | undefined): void {
    const failures = this.#failures.get(trigger) ?? new Map()
    failures.set(offset, failure)
    this.#failures.set(trigger, failures)
  }

  #soon(delayMs: number): void {
    if (this.#saving !== undefined || this.#isClosed) return
    // All failures of one turn of the event loop go into one save.
    if (delayMs === 0) setImmediate(() => this.#begin())
    else this.#timer ??= this.#later(delayMs)
  }

  #later(delayMs: number): Cancel {
    const { clock } = this.#parts
    const past = delayMs === SAVE_WITHIN_MS ? clock.now() % SAVE_WITHIN_MS : 0
    return clock.after(delayMs - past, () => this.#begin())
  }

  #begin(): void {
    if (this.#saving !== undefined || this.#isClosed || !this.#dirty) return
    this.#timer?.()
    this.#timer = undefined
    this.#saving = this.#save().finally(() => {
      this.#saving = undefined
      if (!this.#dirty) return
      if (this.#fault !== undefined) this.#soon(AGAIN_AFTER_MS)
      else this.#soon(this.#waiting.length > 0 ? 0 : SAVE_WITHIN_MS)
    })
  }

  async #save(): Promise<void> {
    const shared = this.#shared
    const holders = [...this.#holders.values()]
    const removed = [...this.#removed]
    const failures = this.#failures
    const waiting = this.#waiting
    this.#shared = undefined
    this.#holders.clear()
    this.#removed.clear()
    this.#failures = new Map()
    this.#waiting = []
    const { broker, partition, cursors, logger, contested } = this.#parts
    const at = { broker, partition }
    try {
      const change = changeOf(shared, holders, removed, failures)
      const saved = await cursors.save(broker, partition, change)
      if (this.#fault !== undefined) logger.info(at, 'Cursors can be saved again')
      this.#fault = undefined
      if (saved.contested) {
        logger.warn(at, 'Another process has saved these cursors: all of them are saved again')
        contested()
      }
    } catch (error) {
      if (this.#fault === undefined) {
        logger.error({ ...at, err: error }, 'Cursors cannot be saved')
      }
      this.#fault = error instanceof Error ? error.message : String(error)
      this.#keep(shared, holders, removed, failures)
      waiting.push(...this.#waiting.splice(0))
    }
    for (const resolve of waiting) resolve()
  }

  /** Puts back what could not be saved, where nothing newer took its place. */
  #keep(
    shared: SharedCursor | undefined,
    holders: readonly CursorHolder[],
    removed: readonly string[],
    failures: Failures,
  ): void {
    this.#shared ??= shared
    const newer = new Set([...this.#holders.keys(), ...this.#removed])
    for (const holder of holders) if (!newer.has(holder.key)) this.#holders.set(holder.key, holder)
    for (const trigger of removed) if (!newer.has(trigger)) this.#removed.add(trigger)
    for (const [trigger, offsets] of failures) {
      this.#failures.set(trigger, new Map([...offsets, ...(this.#failures.get(trigger) ?? [])]))
    }
  }
}

function changeOf(
  shared: SharedCursor | undefined,
  holders: readonly CursorHolder[],
  removed: readonly string[],
  failures: Failures,
): CursorChange {
  const triggers = new Map<string, TriggerCursor | undefined>()
  for (const trigger of removed) triggers.set(trigger, undefined)
  for (const holder of holders) triggers.set(holder.key, holder.cursor())
  const list = []
  for (const [trigger, offsets] of failures) {
    for (const [offset, failure] of offsets) list.push({ trigger, offset, failure })
  }
  return {
    ...(shared === undefined ? {} : { shared }),
    ...(triggers.size === 0 ? {} : { triggers }),
    ...(list.length === 0 ? {} : { failures: list }),
  }
}
