import type {
  CursorChange,
  Cursors,
  FailedDelivery,
  SharedCursor,
  TriggerCursor,
} from '#cursors/cursors.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'

/** A change is saved within this time. */
const SAVE_WITHIN_MS = 50
const AGAIN_AFTER_MS = 1000

/** Whoever has a Trigger's cursor to save. */
export interface CursorHolder {
  /** The Trigger's `<namespace>/<name>`. */
  readonly key: string
  cursor(): TriggerCursor
}

type Failures = Map<string, Map<number, FailedDelivery | undefined>>

/** Saves one partition's cursors: soon after a change, everything that changed at once, one save at a time. */
export class CursorSaver {
  readonly #broker: string
  readonly #partition: number
  readonly #cursors: Cursors
  readonly #clock: Clock
  readonly #logger: Logger
  #shared: SharedCursor | undefined
  readonly #holders = new Set<CursorHolder>()
  readonly #removed = new Set<string>()
  #failures: Failures = new Map()
  #waiting: (() => void)[] = []
  #timer: Cancel | undefined
  #saving: Promise<void> | undefined
  #fault: string | undefined

  constructor(broker: string, partition: number, cursors: Cursors, clock: Clock, logger: Logger) {
    this.#broker = broker
    this.#partition = partition
    this.#cursors = cursors
    this.#clock = clock
    this.#logger = logger
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
    this.#holders.add(holder)
    this.#soon(SAVE_WITHIN_MS)
  }

  /** Forgets a Trigger's cursor, and the failures of its open deliveries. */
  removed(trigger: string, open: readonly number[]): void {
    for (const offset of open) this.#failure(trigger, offset, undefined)
    this.#removed.add(trigger)
    this.#soon(SAVE_WITHIN_MS)
  }

  ended(holder: CursorHolder, offset: number, hadFailed: boolean): void {
    if (hadFailed) this.#failure(holder.key, offset, undefined)
    this.changed(holder)
  }

  /** Saves a failure at once. Resolves when that was done, or failed. */
  failed(holder: CursorHolder, offset: number, failure: FailedDelivery): Promise<void> {
    this.#failure(holder.key, offset, failure)
    this.changed(holder)
    const saved = new Promise<void>((resolve) => this.#waiting.push(resolve))
    this.#soon(0)
    return saved
  }

  /** Saves all that is not saved yet. */
  async flush(): Promise<void> {
    this.#timer?.()
    this.#timer = undefined
    await this.#saving
    if (this.#dirty) await this.#save()
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
    if (this.#saving !== undefined) return
    if (delayMs === 0) {
      this.#timer?.()
      this.#timer = undefined
      queueMicrotask(() => this.#begin())
      return
    }
    this.#timer ??= this.#clock.after(delayMs, () => {
      this.#timer = undefined
      this.#begin()
    })
  }

  #begin(): void {
    if (this.#saving !== undefined || !this.#dirty) return
    this.#saving = this.#save().finally(() => {
      this.#saving = undefined
      if (!this.#dirty) return
      this.#soon(
        this.#fault !== undefined ? AGAIN_AFTER_MS : this.#waiting.length > 0 ? 0 : SAVE_WITHIN_MS,
      )
    })
  }

  async #save(): Promise<void> {
    const shared = this.#shared
    const holders = [...this.#holders]
    const removed = [...this.#removed]
    const failures = this.#failures
    const waiting = this.#waiting
    this.#shared = undefined
    this.#holders.clear()
    this.#removed.clear()
    this.#failures = new Map()
    this.#waiting = []
    try {
      const change = changeOf(shared, holders, removed, failures)
      await this.#cursors.save(this.#broker, this.#partition, change)
      if (this.#fault !== undefined)
        this.#logger.info({ broker: this.#broker }, 'Cursors can be saved again')
      this.#fault = undefined
    } catch (error) {
      if (this.#fault === undefined) {
        this.#logger.error({ err: error, broker: this.#broker }, 'Cursors cannot be saved')
      }
      this.#fault = error instanceof Error ? error.message : String(error)
      this.#shared ??= shared
      for (const holder of holders) this.#holders.add(holder)
      for (const trigger of removed) this.#removed.add(trigger)
      for (const [trigger, offsets] of failures) this.#keep(trigger, offsets)
    }
    for (const resolve of waiting) resolve()
  }

  /** Puts back what could not be saved, where nothing newer took its place. */
  #keep(trigger: string, offsets: ReadonlyMap<number, FailedDelivery | undefined>): void {
    const newer = this.#failures.get(trigger)
    this.#failures.set(trigger, new Map([...offsets, ...(newer ?? [])]))
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
