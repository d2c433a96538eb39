import type { EventLog } from '#log/event-log.ts'
import type { Broker, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import type { ByteBudget } from './byte-budget.ts'
import { Deliverer } from './deliverer.ts'
import type { DispatcherParts } from './dispatcher.ts'
import type { DispatcherMetrics } from './metrics.ts'
import { Partition } from './partition.ts'
import { Slots } from './slots.ts'
import { triggerStatus } from './trigger-status.ts'

/** Delivers one Broker's events, from the partitions that this process owns. */
export class BrokerDispatcher {
  readonly #broker: string
  readonly #log: EventLog
  readonly #parts: DispatcherParts
  readonly #metrics: DispatcherMetrics
  readonly #budget: ByteBudget
  readonly #deliverer: Deliverer
  readonly #partitions = new Map<number, Partition>()
  readonly #slots = new Map<string, Slots>()
  #triggers: readonly Trigger[]
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
    return undefined
  }

  /** Resolves when the first partitions deliver. */
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
    await this.#next(() => this.#revoke([...this.#partitions.keys()], graceMs))
    await this.#leave()
  }

  async #assign(ids: readonly number[]): Promise<void> {
    for (const id of ids) {
      const partition = new Partition(this.#broker, id, {
        ...this.#parts,
        log: this.#log,
        deliverer: this.#deliverer,
        metrics: this.#metrics,
        budget: this.#budget,
        slotsOf: (trigger) => this.#slotsOf(trigger),
      })
      await partition.open(this.#triggers)
      this.#partitions.set(id, partition)
    }
  }

  async #revoke(ids: readonly number[], graceMs: number): Promise<void> {
    await Promise.all(ids.map((id) => this.#partitions.get(id)?.close(graceMs)))
    for (const id of ids) this.#partitions.delete(id)
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
