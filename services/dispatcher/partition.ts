import { setTimeout as delay } from 'node:timers/promises'
import type { Cursors, SharedCursor } from '#cursors/cursors.ts'
import type { DeadLetters } from '#dead-letters/dead-letters.ts'
import type { EventLog, LogRecord, PartitionRead } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { Trigger } from '#triggers/trigger.ts'
import type { ByteBudget } from './byte-budget.ts'
import { CatchUp } from './catch-up.ts'
import { Crowd } from './crowd.ts'
import { CursorSaver } from './cursor-saver.ts'
import type { Deliverer } from './deliverer.ts'
import type { DeliveryGate } from './delivery-gate.ts'
import { Egress } from './egress.ts'
import { Egresses } from './egresses.ts'
import type { Head, HeadReader } from './head-reader.ts'
import { HeldRecords } from './held-records.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { loadSavedPartition, type SavedTrigger } from './saved-partition.ts'
import type { Slots } from './slots.ts'
import { UnreadableRecords } from './unreadable-records.ts'
import { untilAborted } from './until-aborted.ts'

const RELEASE_EVERY_MS = 200
/** How long attempts that were aborted may take to end. */
const ABORTED_MS = 1000

export interface PartitionParts {
  readonly log: EventLog
  readonly cursors: Cursors
  readonly deadLetters: DeadLetters
  readonly deliverer: Deliverer
  readonly reader: HeadReader
  readonly gate: DeliveryGate
  readonly budget: ByteBudget
  readonly metrics: DispatcherMetrics
  readonly clock: Clock
  readonly logger: Logger
  /** The in-flight bound of a Trigger, shared by the partitions. */
  slotsOf(trigger: Trigger): Slots
  /** The log was recreated: what is known of it here is of no use any more. */
  lost(): void
}

/**
 * One partition of a Broker's log, as long as this process owns it: judges each event that was
 * read once against all attached Triggers.
 */
export class Partition implements Head {
  readonly id: number
  readonly egresses: Egresses
  readonly #broker: string
  readonly #parts: PartitionParts
  readonly #saver: CursorSaver
  readonly #catchUp: CatchUp
  readonly #unreadable: UnreadableRecords
  readonly #crowd = new Crowd()
  /** Triggers that were attached at or above the shared position, until that has passed them. */
  readonly #ahead = new Set<Egress>()
  /** Ends reading; then, when the grace is over, the other one ends the attempts. */
  readonly #reading = new AbortController()
  readonly #attempts = new AbortController()
  #shared: SharedCursor = { offset: 0, mark: '', partitions: 0 }
  #isCrowded = false
  #releasedAt = 0

  constructor(broker: string, id: number, parts: PartitionParts) {
    const { cursors, clock, logger, log, metrics } = parts
    const { signal } = this.#reading
    const sharedOffset = () => this.#shared.offset
    const contested = () => this.#saveAll()
    const attached = (egress: Egress) => this.#ahead.add(egress)
    const changed = (egress: Egress) => this.#saver.changed(egress)
    const metricsOf = (egress: Egress) => metrics.ofTrigger(egress.key)
    const createEgress = (trigger: Trigger, specs: SavedTrigger['cursor']['specs']) =>
      this.#createEgress(trigger, specs)
    const common = { partition: id, log, clock, logger, signal, sharedOffset, attached }
    this.id = id
    this.#broker = broker
    this.#parts = parts
    this.#saver = new CursorSaver({ broker, partition: id, cursors, clock, logger, contested })
    this.#unreadable = new UnreadableRecords({ broker, ...parts, signal })
    this.#catchUp = new CatchUp({ ...common, metricsOf, changed })
    this.egresses = new Egresses({ ...common, saver: this.#saver, createEgress })
  }

  /** Where the attached Triggers are. */
  get shared(): SharedCursor {
    return this.#shared
  }

  get isCrowded(): boolean {
    return this.#isCrowded
  }

  /** Why dead letters cannot be stored, or the cursors not be saved. */
  get fault(): string | undefined {
    return this.#unreadable.fault ?? this.#saver.fault
  }

  /** Everything below it is done for this Trigger; `undefined` when it was never Ready here. */
  doneBelow(trigger: string): number | undefined {
    const egress = this.egresses.get(trigger)
    return egress && (egress.firstOpen ?? egress.next ?? this.#shared.offset)
  }

  /**
   * Goes on where the partition was left, with these Triggers. All cursors are saved at once, as
   * one change: whoever had the partition before may have saved a part of them later than it should.
   * @throws Error when the log or the cursors cannot be read, and when it is stopped meanwhile.
   */
  async open(triggers: readonly Trigger[]): Promise<void> {
    const { log, cursors, logger, reader } = this.#parts
    const { signal } = this.#reading
    const loading = loadSavedPartition(this.#broker, this.id, log, cursors, logger)
    const saved = await untilAborted(loading, signal)
    this.#shared = saved.shared
    this.egresses.restore(saved)
    const delivering = await this.egresses.apply(triggers)
    this.#saveAll()
    for (const [trigger, offsets] of saved.obsolete) this.#saver.obsolete(trigger, offsets)
    await untilAborted(this.#saver.flush(), signal)
    // It may have been stopped in the very turn in which the save ended.
    signal.throwIfAborted()
    for (const egress of delivering) this.#catchUp.consider(egress)
    reader.add(this)
  }

  /**
   * Takes over changed Triggers; see {@link Egresses.apply}. When it resolves, every Ready one has
   * its place in the log saved, so that no later event passes it by.
   */
  async apply(triggers: readonly Trigger[]): Promise<void> {
    const delivering = await this.egresses.apply(triggers)
    await untilAborted(this.#saver.flush(), this.#reading.signal)
    for (const egress of delivering) this.#catchUp.consider(egress)
  }

  /** Takes nothing more, and begins no attempt. */
  stop(): void {
    if (this.#reading.signal.aborted) return
    this.#reading.abort(new Error('The partition is being closed'))
    this.#parts.reader.remove(this)
    for (const egress of this.egresses) egress.stand()
  }

  /** Stops, lets attempts end for `graceMs`, and saves the cursors. */
  async close(graceMs: number): Promise<void> {
    await this.#end(graceMs)
    await this.#saver.close()
  }

  /** Like `close`, but what is not saved yet is forgotten. */
  async discard(graceMs: number): Promise<void> {
    await this.#end(graceMs)
    await this.#saver.discard()
  }

  /** See {@link Head.take}: judges what was read, or keeps it first where it is no CloudEvent. */
  take(read: PartitionRead, isFull: boolean): void {
    if (read.next < this.#shared.offset) this.lost()
    else if (!read.unreadable?.length) this.#accept(read, isFull)
    else {
      // The shared position must not pass them before they are kept; the other partitions go on.
      this.#parts.reader.remove(this)
      this.#keepAndAccept(read, isFull).catch((error: unknown) =>
        this.#parts.logger.error({ err: error, partition: this.id }, 'The partition stands still'),
      )
    }
  }

  lost(): void {
    this.stop()
    this.#parts.lost()
  }

  async #end(graceMs: number): Promise<void> {
    this.stop()
    await this.#attemptsEnd(graceMs)
    this.#attempts.abort(new Error('The dispatcher is stopping'))
    await this.#attemptsEnd(ABORTED_MS)
    for (const egress of this.egresses) egress.close()
  }

  async #attemptsEnd(withinMs: number): Promise<void> {
    const deadline = performance.now() + withinMs
    while (this.#inFlight() > 0 && performance.now() < deadline) await delay(5)
  }

  #inFlight(): number {
    let sum = 0
    for (const egress of this.egresses) sum += egress.inFlight
    return sum
  }

  #createEgress(trigger: Trigger, specs: SavedTrigger['cursor']['specs']): Egress {
    const { deliverer, metrics, clock, logger, log, budget, gate } = this.#parts
    return new Egress(trigger, specs, {
      deliverer,
      clock,
      logger,
      gate,
      held: new HeldRecords(log, this.id, budget),
      slots: this.#parts.slotsOf(trigger),
      metrics: metrics.ofTrigger(trigger.key),
      signal: this.#attempts.signal,
      changed: (egress) => this.#saver.changed(egress),
      failed: (egress, offset, failure) => this.#saver.failed(egress.key, offset, failure),
      ended: (egress, offset, hadFailed) => {
        this.#saver.ended(egress, offset, hadFailed)
        this.#crowd.left(egress)
        this.#catchUp.consider(egress)
      },
    })
  }

  #saveAll(): void {
    this.#saver.shared(this.#shared)
    this.egresses.saveAll()
  }

  async #keepAndAccept(read: PartitionRead, isFull: boolean): Promise<void> {
    if (!(await this.#unreadable.keep(read)) || this.#reading.signal.aborted) return
    this.#accept(read, isFull)
    this.#parts.reader.add(this)
  }

  #accept(read: PartitionRead, isFull: boolean): void {
    this.#judge(read)
    this.#release()
    if (!isFull || !this.#crowd.isCrowded) return
    const { clock, reader } = this.#parts
    this.#isCrowded = true
    void this.#crowd.thinned(clock, this.#reading.signal).then(() => {
      this.#isCrowded = false
      reader.wake()
    })
  }

  #judge(read: PartitionRead): void {
    if (read.next === this.#shared.offset) return
    if (read.start > this.#shared.offset) this.#skipExpired(read.start)
    for (const record of read.records) this.#match(record)
    this.#shared = { ...this.#shared, offset: read.next, mark: read.mark }
    for (const egress of this.#ahead) {
      if (egress.attached && (egress.next ?? 0) > read.next) continue
      this.#ahead.delete(egress)
      if (!egress.attached) continue
      egress.next = undefined
      this.#saver.changed(egress)
    }
    this.#saver.shared(this.#shared)
  }

  #match(record: LogRecord): void {
    for (const egress of this.egresses.match(record)) {
      if (!egress.takes(record.offset)) continue
      if (egress.offer(record)) {
        this.#crowd.joined(egress)
        continue
      }
      egress.attached = false
      egress.next = record.offset
      this.#saver.changed(egress)
      this.#crowd.left(egress)
      this.#parts.logger.warn(
        { trigger: egress.key },
        'Trigger is too slow for the others: detached',
      )
    }
  }

  #skipExpired(start: number): void {
    for (const egress of this.egresses) {
      if (!egress.attached) continue
      const lost = start - Math.max(this.#shared.offset, egress.next ?? 0)
      if (lost > 0) this.#parts.metrics.ofTrigger(egress.key).expired(lost)
    }
    this.#parts.logger.error(
      { broker: this.#broker, from: this.#shared.offset, to: start },
      'Events expired before they were judged: the cursor moves to the start of the log',
    )
    this.#shared = { ...this.#shared, offset: start }
  }

  /** Tells the log what no Ready Trigger needs any more. */
  #release(): void {
    const now = performance.now()
    if (now - this.#releasedAt < RELEASE_EVERY_MS) return
    this.#releasedAt = now
    let floor = this.#shared.offset
    for (const egress of this.egresses) {
      if (egress.standing) continue
      floor = Math.min(floor, egress.firstOpen ?? floor, egress.next ?? floor)
    }
    this.#parts.log.release({ partition: this.id, offset: floor })
  }
}
