import type { Broker, Snapshot, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import { BrokerDispatcher } from './broker-dispatcher.ts'
import { ByteBudget } from './byte-budget.ts'
import type { DispatcherParts } from './dispatcher-parts.ts'
import { createDispatcherMetrics, type DispatcherMetrics } from './metrics.ts'

/** Events of open deliveries that are kept in memory, over all Triggers. */
const HELD_BYTES = 32 * 1024 * 1024
const SWEEP_MS = 60 * 60 * 1000
const RETRY_MS = 1000

/** Reads the logs of all Brokers, judges each event once, and delivers it to the Triggers that match. */
export class Dispatcher {
  readonly #parts: DispatcherParts
  readonly #metrics: DispatcherMetrics
  readonly #budget = new ByteBudget(HELD_BYTES)
  readonly #brokers = new Map<string, BrokerDispatcher>()
  /** Brokers whose last deliveries may still end. */
  readonly #closing = new Map<string, Promise<void>>()
  #snapshot: Snapshot = { brokers: [], triggers: [] }
  #last: Promise<void> = Promise.resolve()
  #fault: string | undefined
  /** What was said last about Brokers that cannot be served. */
  readonly #failures = new Map<string, string>()
  #isClosed = false
  #stopSweep: () => void = () => undefined
  #stopRetry: () => void = () => undefined

  constructor(parts: DispatcherParts) {
    this.#parts = parts
    this.#metrics = createDispatcherMetrics(parts.registry)
    this.#sweepLater()
  }

  /** Why something on this machine's disk cannot be read or written, in one sentence. */
  get fault(): string | undefined {
    for (const broker of this.#brokers.values()) {
      if (broker.fault !== undefined) return broker.fault
    }
    return this.#fault
  }

  /**
   * Takes over a snapshot as a whole. When it resolves, every Ready Trigger has its place in the
   * log, so that no later event passes it by; where a Broker's log cannot be opened, that is in
   * `fault`, and it is tried again every second.
   */
  apply(snapshot: Snapshot): Promise<void> {
    return this.#next(() => this.#apply(snapshot))
  }

  /** How every Trigger of the snapshot is doing. */
  async statuses(): Promise<readonly TriggerStatus[]> {
    const lists = await Promise.all([...this.#brokers.values()].map((broker) => broker.statuses()))
    const known = new Map(lists.flat().map((status) => [status.trigger, status]))
    return this.#snapshot.triggers.map((trigger) => known.get(trigger.key) ?? idle(trigger))
  }

  /** Brings the gauges up to the moment, before they are read. */
  async measure(): Promise<void> {
    const { lag, open, inFlight, ready } = this.#metrics.gauges
    // Until these are known the gauges keep what they said.
    const statuses = await this.statuses()
    for (const gauge of [lag, open, inFlight, ready]) gauge.reset()
    for (const status of statuses) {
      const labels = { trigger: status.trigger }
      lag.set(labels, status.lag)
      open.set(labels, status.open)
      inFlight.set(labels, status.inFlight)
      ready.set(labels, status.readiness.ready ? 1 : 0)
    }
  }

  /** Begins no new attempt, lets those in flight end within `graceMs`, and saves the cursors. */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true
    this.#stopSweep()
    // What is being opened must not wait for a log that does not answer.
    for (const key of this.#brokers.keys()) this.#giveUp(key, graceMs)
    await this.#last
    this.#stopRetry()
    await Promise.all(this.#closing.values())
  }

  async #apply(snapshot: Snapshot): Promise<void> {
    if (this.#isClosed) return
    this.#snapshot = snapshot
    const ready = snapshot.brokers.filter((broker) => broker.readiness.ready)
    const keys = new Set(ready.map((broker) => broker.key))
    for (const key of this.#brokers.keys()) {
      if (!keys.has(key)) this.#giveUp(key, this.#parts.graceMs)
    }
    let fault: string | undefined
    const all = ready.map((broker) =>
      this.#applyBroker(broker, snapshot.triggers).then(
        () => this.#failures.delete(broker.key),
        (error) => {
          fault = this.#failed(broker, error)
        },
      ),
    )
    await Promise.all(all)
    // What was wrong before stays until it is known to be over.
    this.#fault = fault
  }

  /** Nobody waits for its last deliveries but whoever wants the same Broker again. */
  #giveUp(key: string, graceMs: number): void {
    const broker = this.#brokers.get(key)
    if (broker === undefined) return
    this.#brokers.delete(key)
    const closed = broker
      .close(graceMs)
      .catch((error: unknown) =>
        this.#parts.logger.error({ err: error, broker: key }, 'Broker closed in disorder'),
      )
      .finally(() => this.#closing.delete(key))
    this.#closing.set(key, closed)
  }

  /** A log or cursor that cannot be opened is tried again; the other Brokers go on. */
  #failed(broker: Broker, error: unknown): string {
    const { logger, clock } = this.#parts
    const fault = error instanceof Error ? error.message : String(error)
    if (this.#failures.get(broker.key) !== fault) {
      logger.error({ err: error, broker: broker.key }, 'The Broker cannot be served, trying again')
    }
    this.#failures.set(broker.key, fault)
    this.#fault = fault
    this.#stopRetry()
    if (this.#isClosed) return fault
    this.#stopRetry = clock.after(RETRY_MS, () => this.#applyAgain())
    return fault
  }

  async #applyBroker(broker: Broker, all: readonly Trigger[]): Promise<void> {
    const triggers = all.filter((trigger) => trigger.broker === broker.key)
    const log = await this.#parts.logs.open(broker.key, broker.retention)
    const known = this.#brokers.get(broker.key)
    if (known?.log === log) return known.apply(broker, triggers)
    // It was closed, or the Broker has moved to another storage.
    this.#giveUp(broker.key, this.#parts.graceMs)
    await this.#closing.get(broker.key)
    if (this.#isClosed) return
    const { logger } = this.#parts
    const parts = { ...this.#parts, logger: logger.child({ broker: broker.key }) }
    const fresh = new BrokerDispatcher(broker, triggers, log, parts, this.#metrics, this.#budget)
    this.#brokers.set(broker.key, fresh)
    await fresh.open()
  }

  /** Cursors of Triggers that are long gone are forgotten in time, even when nothing changes. */
  #sweepLater(): void {
    this.#stopSweep = this.#parts.clock.after(SWEEP_MS, () => {
      this.#sweepLater()
      this.#applyAgain()
    })
  }

  /** What was taken over last by the time it is its turn: a newer snapshot may wait already. */
  #applyAgain(): void {
    void this.#next(() => this.#apply(this.#snapshot))
  }

  #next(task: () => Promise<void>): Promise<void> {
    const run = this.#last.then(task)
    this.#last = run.catch(() => undefined)
    return run
  }
}

function idle(trigger: Trigger): TriggerStatus {
  return {
    trigger: trigger.key,
    broker: trigger.broker,
    readiness: trigger.readiness,
    paused: trigger.paused,
    state: 'standing',
    lag: 0,
    open: 0,
    inFlight: 0,
    retrying: 0,
    lastError: undefined,
  }
}
