import { setTimeout as delay } from 'node:timers/promises'
import type { EventLog, Membership, PartitionBounds, Position } from '#log/event-log.ts'
import type { Broker, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import type { ByteBudget } from './byte-budget.ts'
import { Deliverer } from './deliverer.ts'
import { DeliveryGate } from './delivery-gate.ts'
import type { DispatcherParts } from './dispatcher-parts.ts'
import { HeadReader } from './head-reader.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { OwnedPartition } from './owned-partition.ts'
import { Partition } from './partition.ts'
import { pause } from './pause.ts'
import { Progress } from './progress.ts'
import { Slots } from './slots.ts'
import { triggerStatus } from './trigger-status.ts'

const JOIN_AGAIN_MS = 1000
/** How long others wait for a log that does not say which partitions are ours. */
const JOIN_WITHIN_MS = 5000
const LEAVE_WITHIN_MS = 1000

/** Delivers one Broker's events, from the partitions that this process owns. */
export class BrokerDispatcher {
  readonly log: EventLog
  readonly #broker: string
  readonly #parts: DispatcherParts
  readonly #metrics: DispatcherMetrics
  readonly #budget: ByteBudget
  readonly #deliverer: Deliverer
  readonly #reader: HeadReader
  readonly #gate: DeliveryGate
  readonly #progress: Progress
  readonly #owned = new Map<number, OwnedPartition>()
  /** Partitions that are not ours any more and still save their cursors. */
  readonly #closing = new Map<number, Promise<unknown>>()
  readonly #slots = new Map<string, Slots>()
  readonly #stopping = new AbortController()
  #triggers: readonly Trigger[]
  #joining: Promise<void> = Promise.resolve()
  #membership: Membership | undefined
  #bounds: readonly PartitionBounds[] = []
  #fault: string | undefined

  constructor(
    broker: Broker,
    triggers: readonly Trigger[],
    log: EventLog,
    parts: DispatcherParts,
    metrics: DispatcherMetrics,
    budget: ByteBudget,
  ) {
    const { clock, logger } = parts
    this.#broker = broker.key
    this.#triggers = triggers
    this.log = log
    this.#parts = parts
    this.#metrics = metrics
    this.#budget = budget
    this.#deliverer = new Deliverer(broker, { ...parts, log })
    this.#reader = new HeadReader({ log, clock, logger })
    // Partitions are assigned before the membership is known; their deliveries wait for it.
    this.#gate = new DeliveryGate(() => this.#membership?.mayDeliver() ?? false, clock)
    this.#progress = new Progress({ log, clock, logger, positions: () => this.#positions() })
  }

  get fault(): string | undefined {
    for (const { fault } of this.#owned.values()) if (fault !== undefined) return fault
    return this.#reader.fault ?? this.#fault
  }

  /**
   * Resolves when the first partitions deliver, or it is in `fault` why they do not yet; then it
   * goes on by itself.
   */
  async open(): Promise<void> {
    const { clock } = this.#parts
    const opened = new AbortController()
    this.#joining = this.#join().finally(() => opened.abort())
    await Promise.race([this.#joining, pause(JOIN_WITHIN_MS, clock, opened.signal)])
    if (opened.signal.aborted || this.#stopping.signal.aborted) return
    opened.abort()
    this.#fault ??= `The event log of ${this.#broker} has not said yet which partitions are ours`
  }

  /** Takes over a changed Broker and its Triggers. @throws Error when the log cannot be read. */
  async apply(broker: Broker, triggers: readonly Trigger[]): Promise<void> {
    this.#triggers = triggers
    this.#deliverer.broker = broker
    for (const trigger of triggers) this.#slotsOf(trigger).resize(trigger.maxInFlight)
    const all = [...this.#owned.values()].map((owned) => owned.apply(triggers))
    for (const applied of await Promise.allSettled(all)) {
      if (applied.status === 'rejected') throw applied.reason
    }
  }

  async statuses(): Promise<readonly TriggerStatus[]> {
    // Without the log it can still be told what is under way; how long it is was known before.
    this.#bounds = await this.log.bounds().catch(() => this.#bounds)
    const ends = new Map(this.#bounds.map(({ partition, end }) => [partition, end]))
    const partitions = this.#opened()
    const hasShare = this.#membership === undefined || this.#owned.size > 0
    return this.#triggers.map((trigger) => triggerStatus(trigger, partitions, hasShare, ends))
  }

  /** Ends all deliveries within `graceMs`, saves the cursors and gives the partitions back. */
  async close(graceMs: number): Promise<void> {
    this.#stopping.abort(new Error('The Broker is being closed'))
    this.#progress.close()
    await this.#revoke([...this.#owned.keys()], graceMs)
    // Those that were revoked a moment ago.
    await Promise.all(this.#closing.values())
    this.#gate.close()
    await this.#joinEnds()
    if (this.#membership !== undefined) await this.#leave(this.#membership)
  }

  /** Asks for a share of the partitions until it gets one. Resolves after the first answer. */
  async #join(): Promise<void> {
    const { logger, clock } = this.#parts
    const { signal } = this.#stopping
    try {
      const membership = await this.log.join({
        assigned: (ids) => this.#assign(ids),
        revoked: (ids) => this.#revoke(ids, this.#parts.graceMs),
      })
      // Whoever has closed it meanwhile did not know that there is something to leave.
      if (signal.aborted) return void (await this.#leave(membership))
      this.#membership = membership
      this.#fault = undefined
      this.#gate.look()
    } catch (error) {
      await this.#revoke([...this.#owned.keys()], 0)
      if (signal.aborted) return
      logger.error({ err: error }, 'No share of the event log, asking again')
      this.#fault = error instanceof Error ? error.message : String(error)
      void pause(JOIN_AGAIN_MS, clock, signal).then(() => {
        if (!signal.aborted) this.#joining = this.#join()
      })
    }
  }

  /** A log that does not answer is left when it does, or when it notices that nobody is there. */
  async #joinEnds(): Promise<void> {
    const patience = new AbortController()
    const { signal } = patience
    const waited = delay(LEAVE_WITHIN_MS, undefined, { signal }).catch(() => undefined)
    await Promise.race([this.#joining, waited])
    patience.abort()
  }

  async #leave(membership: Membership): Promise<void> {
    try {
      await membership.leave()
    } catch (error) {
      this.#parts.logger.warn({ err: error }, 'The partitions could not be given back in order')
    }
  }

  async #assign(ids: readonly number[]): Promise<void> {
    if (this.#stopping.signal.aborted) return
    await Promise.all(ids.map((id) => this.#own(id).open()))
  }

  #own(id: number): OwnedPartition {
    const known = this.#owned.get(id)
    if (known !== undefined) return known
    const owned = new OwnedPartition(id, {
      ...this.#parts,
      after: this.#closing.get(id) ?? Promise.resolve(),
      triggers: () => this.#triggers,
      create: (lost) => this.#createPartition(id, lost),
    })
    this.#owned.set(id, owned)
    return owned
  }

  #createPartition(id: number, lost: () => void): Partition {
    return new Partition(this.#broker, id, {
      ...this.#parts,
      log: this.log,
      deliverer: this.#deliverer,
      reader: this.#reader,
      gate: this.#gate,
      metrics: this.#metrics,
      budget: this.#budget,
      slotsOf: (trigger) => this.#slotsOf(trigger),
      lost,
    })
  }

  async #revoke(ids: readonly number[], graceMs: number): Promise<void> {
    await Promise.all(ids.map((id) => this.#handOver(id, graceMs)))
  }

  #handOver(id: number, graceMs: number): Promise<unknown> {
    const owned = this.#owned.get(id)
    if (owned === undefined) return this.#closing.get(id) ?? Promise.resolve()
    this.#owned.delete(id)
    const closing = owned
      .close(graceMs)
      .catch((error: unknown) =>
        this.#parts.logger.error({ err: error, partition: id }, 'Partition closed in disorder'),
      )
      .finally(() => {
        if (this.#closing.get(id) === closing) this.#closing.delete(id)
      })
    this.#closing.set(id, closing)
    return closing
  }

  #opened(): readonly Partition[] {
    return [...this.#owned.values()].flatMap(({ partition }) => partition ?? [])
  }

  #positions(): ReadonlyMap<string, readonly Position[]> {
    const partitions = this.#opened()
    const positions = new Map<string, readonly Position[]>()
    for (const { key } of this.#triggers) {
      const ofTrigger = partitions.flatMap((partition) => {
        const offset = partition.doneBelow(key)
        return offset === undefined ? [] : { partition: partition.id, offset }
      })
      if (ofTrigger.length > 0) positions.set(key, ofTrigger)
    }
    return positions
  }

  #slotsOf(trigger: Trigger): Slots {
    const slots = this.#slots.get(trigger.key) ?? new Slots(trigger.maxInFlight)
    this.#slots.set(trigger.key, slots)
    return slots
  }
}
