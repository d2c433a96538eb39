import { FilterIndex } from '#filters/filter-index.ts'
import type { EventLog, LogRecord } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { Trigger } from '#triggers/trigger.ts'
import type { CursorSaver } from './cursor-saver.ts'
import type { Egress } from './egress.ts'
import { firstOffsets } from './first-offsets.ts'
import { readOrderKeys } from './order-keys.ts'
import type { SavedPartition, SavedTrigger } from './saved-partition.ts'
import { untilAborted } from './until-aborted.ts'

/** How long the cursor of a deleted Trigger is kept. */
const VANISHED_KEPT_MS = 24 * 60 * 60 * 1000

type OrderKeys = ReadonlyMap<string, ReadonlyMap<number, string>>

export interface EgressesParts {
  readonly partition: number
  readonly log: EventLog
  readonly saver: CursorSaver
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  /** Where the attached Triggers are. */
  sharedOffset(): number
  /** It reads along with the others from its `next` on. */
  attached(egress: Egress): void
  createEgress(trigger: Trigger, specs: SavedTrigger['cursor']['specs']): Egress
}

/** The Triggers of one partition: those that deliver, those that stand, and the cursors of those that are gone. */
export class Egresses {
  readonly #parts: EgressesParts
  readonly #egresses = new Map<string, Egress>()
  /** Saved cursors of Triggers that have not been Ready in this process. */
  readonly #saved = new Map<string, SavedTrigger>()
  #index = new FilterIndex<Egress>([])
  /** Offset of the event that is being judged. */
  #judged = 0

  constructor(parts: EgressesParts) {
    this.#parts = parts
  }

  get(trigger: string): Egress | undefined {
    return this.#egresses.get(trigger)
  }

  [Symbol.iterator](): MapIterator<Egress> {
    return this.#egresses.values()
  }

  /** Those that let the event of a record pass, attached or not. */
  match({ offset, event }: LogRecord): readonly Egress[] {
    this.#judged = offset
    return this.#index.match(event)
  }

  /** Takes up what was saved. The Triggers themselves come with `apply`, and it is saved with `saveAll`. */
  restore(saved: SavedPartition): void {
    for (const [key, { cursor, failures }] of saved.triggers) {
      // While it is not Ready the others read on, so its place must not move with theirs.
      const standing = { ...cursor, next: cursor.next ?? saved.shared.offset }
      this.#saved.set(key, { cursor: standing, failures })
    }
  }

  /** Has every cursor saved, and every failure of an open delivery. */
  saveAll(): void {
    const { saver } = this.#parts
    for (const egress of this.#egresses.values()) {
      saver.changed(egress)
      saver.remember(egress.key, egress.failures())
    }
    for (const [key, saved] of this.#saved) {
      this.#keep(key, saved)
      saver.remember(key, saved.failures)
    }
  }

  /**
   * Takes over changed Triggers, all at once; what changed is still to be saved.
   * @returns those that deliver now
   * @throws Error when the log cannot be read, and the signal's reason; nothing has changed then.
   */
  async apply(triggers: readonly Trigger[]): Promise<readonly Egress[]> {
    const { log, partition, logger, signal } = this.#parts
    const fresh = triggers.filter(
      ({ key, readiness }) => readiness.ready && !this.#egresses.has(key) && !this.#saved.has(key),
    )
    const firsts = await untilAborted(firstOffsets(log, partition, fresh, logger), signal)
    const keys = await this.#orderKeys(triggers)
    signal.throwIfAborted()
    for (const trigger of triggers) this.#applyTrigger(trigger, firsts, keys)
    this.#vanish(new Set(triggers.map((trigger) => trigger.key)))
    const delivering = [...this.#egresses.values()].filter((egress) => !egress.standing)
    this.#index = new FilterIndex(delivering, (egress, error) => {
      if (egress.takes(this.#judged)) egress.specs.failed(error)
    })
    return delivering
  }

  /** Order keys of the deliveries that ordered Triggers take up again. */
  async #orderKeys(triggers: readonly Trigger[]): Promise<OrderKeys> {
    const { log, partition, signal } = this.#parts
    const keys = new Map<string, ReadonlyMap<number, string>>()
    for (const { key, order } of triggers) {
      const saved = this.#saved.get(key)
      if (saved === undefined || order === 'unordered') continue
      keys.set(key, await readOrderKeys(log, partition, saved.cursor.open, signal))
    }
    return keys
  }

  #applyTrigger(trigger: Trigger, firsts: ReadonlyMap<string, number>, keys: OrderKeys): void {
    const known = this.#egresses.get(trigger.key)
    if (known !== undefined) known.vanishedAt = undefined
    if (!trigger.readiness.ready) {
      if (known !== undefined) this.#stand(known, trigger)
      return
    }
    const egress = known ?? this.#take(trigger, firsts, keys)
    const shared = this.#parts.sharedOffset()
    egress.trigger = trigger
    const next = egress.next ?? shared
    // The first specification counts from where the Trigger begins, a changed one from here on.
    const from = egress.specs.list.length === 0 ? next : Math.max(shared, next)
    if (egress.specs.apply(trigger, from)) this.#parts.saver.changed(egress)
    if (trigger.paused) this.#stand(egress, trigger)
    else if (egress.standing) {
      egress.attached = egress.next === undefined || egress.next >= shared
      if (egress.attached) this.#parts.attached(egress)
      this.#parts.saver.changed(egress)
      egress.go()
    }
  }

  /** Makes the egress of a Trigger that was not Ready in this process before. */
  #take(trigger: Trigger, firsts: ReadonlyMap<string, number>, keys: OrderKeys): Egress {
    const saved = this.#saved.get(trigger.key)
    const egress = this.#parts.createEgress(trigger, saved?.cursor.specs ?? [])
    egress.next = saved?.cursor.next ?? firsts.get(trigger.key)
    for (const offset of saved?.cursor.open ?? []) {
      egress.reopen(offset, keys.get(trigger.key)?.get(offset), saved?.failures.get(offset))
    }
    this.#saved.delete(trigger.key)
    this.#egresses.set(trigger.key, egress)
    this.#parts.saver.changed(egress)
    return egress
  }

  #stand(egress: Egress, trigger: Trigger): void {
    egress.trigger = trigger
    if (egress.attached) egress.next = Math.max(egress.next ?? 0, this.#parts.sharedOffset())
    egress.attached = false
    egress.stand()
    this.#parts.saver.changed(egress)
  }

  /** Holds the place of a Trigger that has not been Ready in this process. */
  #keep(key: string, saved: SavedTrigger): void {
    this.#saved.set(key, saved)
    this.#parts.saver.changed({ key, cursor: () => saved.cursor })
  }

  /** Triggers that are gone stand for a day, in case they come back. */
  #vanish(present: ReadonlySet<string>): void {
    const { clock, saver } = this.#parts
    const now = clock.now()
    for (const [key, egress] of this.#egresses) {
      if (present.has(key)) continue
      if (egress.vanishedAt === undefined) {
        egress.vanishedAt = now
        this.#stand(egress, egress.trigger)
      } else if (now - egress.vanishedAt > VANISHED_KEPT_MS && egress.inFlight === 0) {
        this.#egresses.delete(key)
        saver.removed(key, egress.cursor().open)
        egress.close()
      }
    }
    for (const [key, { cursor, failures }] of this.#saved) {
      const { vanishedAt, ...rest } = cursor
      if (present.has(key)) {
        if (vanishedAt !== undefined) this.#keep(key, { cursor: rest, failures })
      } else if (vanishedAt === undefined) {
        this.#keep(key, { cursor: { ...rest, vanishedAt: now }, failures })
      } else if (now - vanishedAt > VANISHED_KEPT_MS) {
        this.#saved.delete(key)
        saver.removed(key, [...failures.keys()])
      }
    }
  }
}
