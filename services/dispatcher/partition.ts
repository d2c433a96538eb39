import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises'
import type { Cursors } from '#cursors/cursors.ts'
import type { EventLog, LogRecord, PartitionRead } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { Trigger } from '#triggers/trigger.ts'
import type { ByteBudget } from './byte-budget.ts'
import { CatchUp } from './catch-up.ts'
import { Crowd } from './crowd.ts'
import { CursorSaver } from './cursor-saver.ts'
import type { Deliverer } from './deliverer.ts'
import { Egress } from './egress.ts'
import { Egresses } from './egresses.ts'
import { HeldRecords } from './held-records.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { pause } from './pause.ts'
import { loadSavedPartition, type SavedTrigger } from './saved-partition.ts'
import type { Slots } from './slots.ts'

const READ_BYTES = 256 * 1024
const READ_WAIT_MS = 250
const RELEASE_EVERY_MS = 200
const UNREADABLE_RETRY_MS = 1000

export interface PartitionParts {
  readonly log: EventLog
  readonly cursors: Cursors
  readonly deliverer: Deliverer
  readonly budget: ByteBudget
  readonly metrics: DispatcherMetrics
  readonly clock: Clock
  readonly logger: Logger
  /** The in-flight bound of a Trigger, shared by the partitions. */
  slotsOf(trigger: Trigger): Slots
}

/**
 * One partition of a Broker's log, as long as this process owns it: reads it once for all attached
 * Triggers and judges each event against all of them.
 */
export class Partition {
  readonly id: number
  readonly egresses: Egresses
  readonly #broker: string
  readonly #parts: PartitionParts
  readonly #saver: CursorSaver
  readonly #catchUp: CatchUp
  readonly #crowd = new Crowd()
  /** Triggers that were attached at or above the shared position, until that has passed them. */
  readonly #ahead = new Set<Egress>()
  /** Ends reading; then, when the grace is over, the other one ends the attempts. */
  readonly #reading = new AbortController()
  readonly #attempts = new AbortController()
  #shared = 0
  #releasedAt = 0
  #fault: string | undefined
  #loop: Promise<void> = Promise.resolve()

  constructor(broker: string, id: number, parts: PartitionParts) {
    const { cursors, clock, logger, log, metrics } = parts
    const { signal } = this.#reading
    const sharedOffset = () => this.#shared
    this.id = id
    this.#broker = broker
    this.#parts = parts
    this.#saver = new CursorSaver(broker, id, cursors, clock, logger)
    this.#catchUp = new CatchUp({
      partition: id,
      log,
      clock,
      logger,
      signal,
      sharedOffset,
      metricsOf: (egress) => metrics.ofTrigger(egress.key),
      attached: (egress) => this.#ahead.add(egress),
      changed: (egress) => this.#saver.changed(egress),
    })
    this.egresses = new Egresses({
      partition: id,
      log,
      clock,
      signal,
      sharedOffset,
      saver: this.#saver,
      attached: (egress) => this.#ahead.add(egress),
      createEgress: (trigger, specs) => this.#createEgress(trigger, specs),
    })
  }

  /** Where the attached Triggers are. */
  get sharedOffset(): number {
    return this.#shared
  }

  /** Why the log cannot be read, or the cursors not be saved. */
  get fault(): string | undefined {
    return this.#fault ?? this.#saver.fault
  }

  /** Goes on where the partition was left, with these Triggers. */
  async open(triggers: readonly Trigger[]): Promise<void> {
    const { log, cursors, logger } = this.#parts
    const saved = await loadSavedPartition(this.#broker, this.id, log, cursors, logger)
    this.#shared = saved.offset
    this.#saver.shared({ offset: saved.offset, mark: saved.mark })
    this.egresses.restore(saved)
    await this.apply(triggers)
    this.#loop = this.#readAndJudge()
  }

  /** Takes over changed Triggers; see {@link Egresses.apply}. */
  async apply(triggers: readonly Trigger[]): Promise<void> {
    for (const egress of await this.egresses.apply(triggers)) this.#catchUp.consider(egress)
  }

  /** Stops taking, lets attempts end for `graceMs`, and saves the cursors. */
  async close(graceMs: number): Promise<void> {
    this.#reading.abort(new Error('The partition is being closed'))
    for (const egress of this.egresses) egress.stand()
    await this.#loop
    const deadline = performance.now() + graceMs
    while (this.#inFlight() > 0 && performance.now() < deadline) await delay(5)
    this.#attempts.abort(new Error('The dispatcher is stopping'))
    while (this.#inFlight() > 0) await delay(5)
    for (const egress of this.egresses) egress.close()
    await this.#saver.close()
  }

  #inFlight(): number {
    let sum = 0
    for (const egress of this.egresses) sum += egress.inFlight
    return sum
  }

  #createEgress(trigger: Trigger, specs: SavedTrigger['cursor']['specs']): Egress {
    const { deliverer, metrics, clock, logger, log, budget } = this.#parts
    return new Egress(trigger, specs, {
      deliverer,
      clock,
      logger,
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

  async #readAndJudge(): Promise<void> {
    const { log, clock } = this.#parts
    const { signal } = this.#reading
    while (!signal.aborted) {
      try {
        const options = { maxBytes: READ_BYTES, waitMs: READ_WAIT_MS, signal }
        const [read] = await log.read([{ partition: this.id, offset: this.#shared }], options)
        if (signal.aborted || read === undefined) continue
        this.#fault = undefined
        this.#judge(read)
        this.#release()
        if (isFull(read)) await this.#crowd.thinned(clock, signal)
        // A backlog is read without ever waiting: answers and timers need their turn.
        await turn()
      } catch (error) {
        if (!signal.aborted) await this.#unreadable(error, signal)
      }
    }
  }

  async #unreadable(error: unknown, signal: AbortSignal): Promise<void> {
    const fault = error instanceof Error ? error.message : String(error)
    if (this.#fault !== fault)
      this.#parts.logger.error({ err: error }, 'The event log cannot be read')
    this.#fault = fault
    await pause(UNREADABLE_RETRY_MS, this.#parts.clock, signal)
  }

  #judge(read: PartitionRead): void {
    if (read.next === this.#shared) return
    if (read.start > this.#shared) this.#skipExpired(read.start)
    for (const record of read.records) this.#match(record)
    this.#shared = read.next
    for (const egress of this.#ahead) {
      if (egress.attached && (egress.next ?? 0) > this.#shared) continue
      this.#ahead.delete(egress)
      if (!egress.attached) continue
      egress.next = undefined
      this.#saver.changed(egress)
    }
    this.#saver.shared({ offset: read.next, mark: read.mark })
  }

  #match(record: LogRecord): void {
    for (const egress of this.egresses.match(record.event)) {
      if (!egress.attached || (egress.next !== undefined && record.offset < egress.next)) continue
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
      const lost = start - Math.max(this.#shared, egress.next ?? 0)
      if (lost > 0) this.#parts.metrics.ofTrigger(egress.key).expired(lost)
    }
    this.#parts.logger.error(
      { broker: this.#broker, from: this.#shared, to: start },
      'Events expired before they were judged: the cursor moves to the start of the log',
    )
    this.#shared = start
  }

  /** Tells the log what no Ready Trigger needs any more. */
  #release(): void {
    const now = performance.now()
    if (now - this.#releasedAt < RELEASE_EVERY_MS) return
    this.#releasedAt = now
    let floor = this.#shared
    for (const egress of this.egresses) {
      if (egress.standing) continue
      floor = Math.min(floor, egress.firstOpen ?? floor, egress.next ?? floor)
    }
    this.#parts.log.release({ partition: this.id, offset: floor })
  }
}

function isFull(read: PartitionRead): boolean {
  let bytes = 0
  for (const record of read.records) bytes += 256 + (record.event.data?.byteLength ?? 0)
  return bytes * 2 > READ_BYTES
}
