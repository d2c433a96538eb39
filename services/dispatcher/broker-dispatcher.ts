import type { EventLog } from '#log/event-log.ts'
import type { Broker, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import type { ByteBudget } from './byte-budget.ts'
import { Deliverer } from './deliverer.ts'
import type { DispatcherParts } from './dispatcher-parts.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { Partition } from './partition.ts'
import { Slots } from './slots.ts'
import { triggerStatus } from './trigger-status.ts'

const OPEN_AGAIN_MS = 1000

/** Delivers one Broker's events, from the partitions that this process owns. */
export class BrokerDispatcher {
  readonly #broker: string
  readonly #log: EventLog
  readonly #parts: DispatcherParts
  readonly #metrics: DispatcherMetrics
  readonly #budget: ByteBudget
  readonly #deliverer: Deliverer
  readonly #partitions = new Map<number, Partition>()
  /** Those that are ours and could not be opened yet. */
  readonly #unopened = new Set<number>()
  readonly #slots = new Map<string, Slots>()
  #triggers: readonly Trigger[]
  #fault: string | undefined
  #stopRetry: () => void = () => undefined
  #leave: () => Promise<void> = async () => undefined
  /** What is assigned, revoked and changed happens one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(
    broker: Broker,
    triggers: readonly Trigger[],
    log: EventLog,
    parts: DispatcherParts,
    metrics: DispatcherMetrics,
    budget: ByteBudget,
  ) {
    this.#broker = broker.key
    this.#triggers = triggers
    this.#log = log
    this.#parts = parts
    this.#metrics = metrics
    this.#budget = budget
    this.#deliverer = new Deliverer(broker, { ...parts, log })
  }

  get fault(): string | undefined {
    for (const partition of this.#partitions.values()) {
      if (partition.fault !== undefined) return partition.fault
    }
    return this.#fault
  }

  /** Resolves when the first partitions deliver, or it is in `fault` why they do not yet. */
  async open(): Promise<void> {
    this.#leave = await this.#log.join({
      assigned: (partitions) => this.#next(() => this.#assign(partitions)),
      revoked: (partitions) => this.#next(() => this.#revoke(partitions, this.#parts.graceMs)),
    })
  }

  /** Takes over a changed Broker and its Triggers. */
  apply(broker: Broker, triggers: readonly Trigger[]): Promise<void> {
    return this.#next(async () => {
      this.#triggers = triggers
      this.#deliverer.broker = broker
      for (const trigger of triggers) this.#slotsOf(trigger).resize(trigger.maxInFlight)
      for (const partition of this.#partitions.values()) await partition.apply(triggers)
    })
  }

  async statuses(): Promise<readonly TriggerStatus[]> {
    const bounds = await this.#log.bounds()
    const ends = new Map(bounds.map(({ partition, end }) => [partition, end]))
    const partitions = [...this.#partitions.values()]
    return this.#triggers.map((trigger) => triggerStatus(trigger, partitions, ends))
  }

  /** Ends all deliveries within `graceMs`, saves the cursors and gives the partitions back. */
  async close(graceMs: number): Promise<void> {
    await this.#next(() => this.#revoke([...this.#partitions.keys(), ...this.#unopened], graceMs))
    await this.#leave()
  }

  async #assign(ids: readonly number[]): Promise<void> {
    for (const id of ids) this.#unopened.add(id)
    await this.#openPartitions()
  }

  /** A partition that cannot be opened is tried again every second; the others deliver. */
  async #openPartitions(): Promise<void> {
    this.#stopRetry()
    this.#fault = undefined
    for (const id of this.#unopened) {
      const partition = this.#createPartition(id)
      try {
        await partition.open(this.#triggers)
        this.#unopened.delete(id)
        this.#partitions.set(id, partition)
      } catch (error) {
        await partition.close(0)
        this.#fault = error instanceof Error ? error.message : String(error)
        this.#parts.logger.error({ err: error, partition: id }, 'Partition cannot be opened')
      }
    }
    if (this.#unopened.size === 0) return
    this.#stopRetry = this.#parts.clock.after(OPEN_AGAIN_MS, () => {
      void this.#next(() => this.#openPartitions())
    })
  }

  #createPartition(id: number): Partition {
    return new Partition(this.#broker, id, {
      ...this.#parts,
      log: this.#log,
      deliverer: this.#deliverer,
      metrics: this.#metrics,
      budget: this.#budget,
      slotsOf: (trigger) => this.#slotsOf(trigger),
    })
  }

  async #revoke(ids: readonly number[], graceMs: number): Promise<void> {
    await Promise.all(ids.map((id) => this.#partitions.get(id)?.close(graceMs)))
    for (const id of ids) this.#partitions.delete(id)
    for (const id of ids) this.#unopened.delete(id)
    if (this.#unopened.size === 0) this.#stopRetry()
  }

  #slotsOf(trigger: Trigger): Slots {
    const slots = this.#slots.get(trigger.key) ?? new Slots(trigger.maxInFlight)
    this.#slots.set(trigger.key, slots)
    return slots
  }

  #next(task: () => Promise<void>): Promise<void> {
    const run = this.#last.then(task)
    this.#last = run.catch(() => undefined)
    return run
  }
}
