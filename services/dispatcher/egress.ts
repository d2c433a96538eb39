import type { AppliedSpec, FailedDelivery, TriggerCursor } from '#cursors/cursors.ts'
import type { Filter, FilterSpec } from '#filters/filter.ts'
import type { LogRecord } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { Trigger } from '#triggers/trigger.ts'
import { BrokenOff } from './broken-off.ts'
import type { Deliverer, Next } from './deliverer.ts'
import type { DeliveryGate } from './delivery-gate.ts'
import { DeliveryQueue } from './delivery-queue.ts'
import type { HeldRecords } from './held-records.ts'
import type { TriggerMetrics } from './metrics.ts'
import type { OpenDelivery } from './open-delivery.ts'
import { orderKey } from './order-key.ts'
import type { Slots } from './slots.ts'
import { SpecHistory } from './spec-history.ts'
import { Timers } from './timers.ts'

/** Offsets, not bodies. At this many a Trigger stops reading along. */
export const MAX_OPEN = 4096

/** `postponed`: nothing was tried. */
type Step = Next | { readonly kind: 'postponed' }

export interface EgressParts {
  readonly deliverer: Deliverer
  readonly held: HeldRecords
  readonly slots: Slots
  readonly gate: DeliveryGate
  readonly metrics: TriggerMetrics
  readonly clock: Clock
  readonly logger: Logger
  /** Aborts the attempts that are in flight. */
  readonly signal: AbortSignal
  /** Something to save has changed. */
  changed(egress: Egress): void
  /** Resolves when this is saved, or cannot be for now. */
  failed(egress: Egress, offset: number, failure: FailedDelivery): Promise<void>
  ended(egress: Egress, offset: number, hadFailed: boolean): void
}

/**
 * One Trigger's way out of one partition: what matched and has not ended, and how far the Trigger
 * has come by itself when it does not read along with the others.
 */
export class Egress {
  trigger: Trigger
  /** Reads along with the others. */
  attached = false
  /** See `TriggerCursor.next`. */
  next: number | undefined
  vanishedAt: number | undefined
  readonly specs: SpecHistory
  readonly #parts: EgressParts
  readonly #open = new Map<number, OpenDelivery>()
  readonly #queue = new DeliveryQueue()
  readonly #broken = new BrokenOff(
    (delayMs, task) => this.#timers.after(delayMs, task),
    (delivery) => this.#again(delivery),
  )
  readonly #timers: Timers
  readonly #pump = () => this.pump()
  #standing = true
  #inFlight = 0
  #retrying = 0
  #lastError: { time: number; error: string } | undefined

  constructor(trigger: Trigger, specs: readonly AppliedSpec[], parts: EgressParts) {
    this.trigger = trigger
    this.specs = new SpecHistory(specs, parts.metrics.filterFailed)
    this.#parts = parts
    this.#timers = new Timers(parts.clock)
  }

  get key(): string {
    return this.trigger.key
  }

  /** What filters now, for events that are judged with the others. */
  get filters(): readonly FilterSpec[] {
    return this.trigger.filters
  }

  /** Takes and delivers nothing: paused, not Ready, vanished, or not started yet. */
  get standing(): boolean {
    return this.#standing
  }

  get openCount(): number {
    return this.#open.size
  }

  get inFlight(): number {
    return this.#inFlight
  }

  get retrying(): number {
    return this.#retrying
  }

  get lastError(): { time: number; error: string } | undefined {
    return this.#lastError
  }

  get firstOpen(): number | undefined {
    for (const offset of this.#open.keys()) return offset
    return undefined
  }

  /** Whether an event that the others are judged for is one of its own, too. */
  takes(offset: number): boolean {
    return this.attached && (this.next === undefined || offset >= this.next)
  }

  /** What filters at this offset: a changed filter counts from where it was changed. */
  filterAt(offset: number): Filter {
    return this.specs.filterAt(offset)
  }

  cursor(): TriggerCursor {
    return {
      next: this.next,
      open: [...this.#open.keys()],
      specs: this.specs.list,
      ...(this.vanishedAt === undefined ? {} : { vanishedAt: this.vanishedAt }),
    }
  }

  /** What failed of its open deliveries, by offset. */
  *failures(): Generator<readonly [number, FailedDelivery]> {
    for (const { offset, failure } of this.#open.values()) {
      if (failure !== undefined) yield [offset, failure]
    }
  }

  /**
   * Opens a delivery for an event that matched.
   * @returns false when the bound is reached, and nothing was done.
   */
  offer(record: LogRecord): boolean {
    if (this.#open.size >= MAX_OPEN) return false
    const key = this.trigger.order === 'ordered' ? orderKey(record.event) : undefined
    const delivery = this.#opened(record.offset, key, undefined)
    this.#parts.held.hold(delivery, record)
    this.#queue.add(delivery)
    this.#parts.changed(this)
    this.pump()
    return true
  }

  /** Takes up a delivery that was open before: `key` is its order key, where order matters. */
  reopen(offset: number, key: string | undefined, failure: FailedDelivery | undefined): void {
    const delivery = this.#opened(offset, key, failure)
    if (failure === undefined) this.#queue.add(delivery)
    else if (this.#queue.reserve(delivery)) this.#backOff(delivery, failure)
  }

  /** Delivers from now on. */
  go(): void {
    this.#standing = false
    this.pump()
  }

  /** Begins no new attempt; those in flight end. */
  stand(): void {
    this.#standing = true
    this.#dropAll()
  }

  /** Forgets its events and back-offs; what is open stays open in the cursor. */
  close(): void {
    this.#standing = true
    this.#timers.close()
    this.#dropAll()
  }

  /** Begins as many attempts as there are free slots. */
  pump(): void {
    while (!this.#standing && !this.#parts.signal.aborted) {
      if (!this.#queue.hasNext) return
      const { gate, slots } = this.#parts
      if (!gate.passes(this.#pump) || !slots.take(this.#pump)) return
      const delivery = this.#queue.take()
      if (delivery === undefined) throw new RangeError('The queue said that it has a delivery')
      this.#inFlight++
      this.#attempt(delivery).then(
        (next) => {
          this.#free()
          this.#follow(delivery, next)
        },
        (error: unknown) => {
          this.#free()
          this.#brokeOff(delivery, error)
        },
      )
    }
  }

  #opened(offset: number, key: string | undefined, failure: FailedDelivery | undefined) {
    const delivery: OpenDelivery = { offset, key, record: undefined, heldBy: undefined, failure }
    this.#open.set(offset, delivery)
    return delivery
  }

  #dropAll(): void {
    for (const delivery of this.#open.values()) this.#parts.held.drop(delivery)
  }

  #attempt(delivery: OpenDelivery): Promise<Step> {
    const { deliverer, metrics, signal } = this.#parts
    const { record, failure } = delivery
    if (record === undefined) return this.#loadAndAttempt(delivery)
    return deliverer.step(this.trigger, record, failure, metrics, signal)
  }

  async #loadAndAttempt(delivery: OpenDelivery): Promise<Step> {
    const { held, gate, deliverer, metrics, signal } = this.#parts
    const record = await held.load(delivery, this.#open, signal)
    if (record !== undefined) {
      // Reading may have taken so long that the partition is somebody else's by now.
      if (!gate.isOpen) return { kind: 'postponed' }
      return deliverer.step(this.trigger, record, delivery.failure, metrics, signal)
    }
    metrics.expired(1)
    return { kind: 'ended' }
  }

  #follow(delivery: OpenDelivery, next: Step): void {
    if (next.kind === 'interrupted') return
    if (next.kind === 'postponed') {
      this.#again(delivery)
      return
    }
    this.#broken.gotThrough(delivery)
    const last = next.failure?.attempts.at(-1)
    if (last !== undefined) this.#lastError = { time: last.time, error: last.error }
    if (next.kind === 'ended') {
      this.#end(delivery)
      this.pump()
      return
    }
    const { failure } = next
    delivery.failure = failure
    this.#parts.held.drop(delivery)
    this.#retrying++
    this.pump()
    // Written before the back-off starts, so that a restart goes on counting where this one ended.
    this.#parts
      .failed(this, delivery.offset, failure)
      .then(() => {
        this.#retrying--
        this.#backOff(delivery, failure)
      })
      .catch((error: unknown) => this.#parts.logger.error({ err: error }, 'Back-off failed'))
  }

  #backOff(delivery: OpenDelivery, failure: FailedDelivery): void {
    const left = failure.since + failure.delayMs - this.#parts.clock.now()
    const waitMs = Math.min(Math.max(left, 0), failure.delayMs)
    this.#retrying++
    const due = () => {
      this.#retrying--
      this.#again(delivery)
    }
    if (waitMs === 0) queueMicrotask(due)
    else this.#timers.after(waitMs, due)
  }

  #again(delivery: OpenDelivery): void {
    this.#queue.again(delivery)
    this.pump()
  }

  #end(delivery: OpenDelivery): void {
    this.#open.delete(delivery.offset)
    this.#parts.held.drop(delivery)
    this.#queue.ended(delivery)
    this.#parts.ended(this, delivery.offset, delivery.failure !== undefined)
  }

  #free(): void {
    this.#inFlight--
    this.#parts.slots.give()
  }

  /** The log cannot be read, or there is a bug: the delivery stays open, and is tried again. */
  #brokeOff(delivery: OpenDelivery, error: unknown): void {
    const { signal, logger, clock } = this.#parts
    if (signal.aborted) return
    this.#lastError = { time: clock.now(), error: String(error) }
    if (!this.#broken.add(delivery)) return
    logger.error({ err: error, trigger: this.key, offset: delivery.offset }, 'Delivery broke off')
  }
}
