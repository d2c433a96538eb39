import { isDeepStrictEqual } from 'node:util'
import { requestPath } from '#http/request-path.ts'
import type { EventLog, EventLogs } from '#log/event-log.ts'
import { Problem } from '#problems/problem.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { Broker, Snapshot } from '#triggers/trigger.ts'
import { IngressBroker } from './ingress-broker.ts'
import type { GatewayMetrics } from './metrics.ts'

const REOPEN_MS = 1000

export interface IngressBrokersOptions {
  readonly logs: Pick<EventLogs, 'open'>
  readonly metrics: Pick<GatewayMetrics, 'ofBroker'>
  /** What must happen between the opening of a log and the first event. */
  readonly prepare: (broker: Broker, log: EventLog, signal: AbortSignal) => Promise<void>
  /** Called when a Broker takes events from now on. */
  readonly opened: () => void
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
}

/** The Brokers that events can be sent to, by the path of their address. Follows the snapshots. */
export class IngressBrokers {
  readonly #options: IngressBrokersOptions
  readonly #byPath = new Map<string, IngressBroker>()
  readonly #closing = new AbortController()
  readonly #retries = new Set<Cancel>()

  constructor(options: IngressBrokersOptions) {
    this.#options = options
  }

  /**
   * The Broker of a request target: `/<namespace>/<name>`, with one slash more at the end if one
   * likes, with any query. As it was written: nothing is decoded.
   */
  find(target: string): IngressBroker | undefined {
    return this.#byPath.get(target) ?? this.#byPath.get(requestPath(target))
  }

  /**
   * Takes over a snapshot: Brokers that are gone are unknown at once, settings count at once.
   * Resolves when the logs of the new ones are open, or could not be opened, which is tried again
   * every second.
   */
  async follow({ brokers }: Snapshot): Promise<void> {
    const paths = new Set<string>()
    const openings: Promise<void>[] = []
    for (const broker of brokers) {
      const path = `/${broker.key}`
      paths.add(path).add(`${path}/`)
      const known = this.#byPath.get(path)
      const entry = known ?? new IngressBroker(broker, this.#options.metrics.ofBroker(broker.key))
      const { readiness } = entry.broker
      const isSame = known !== undefined && isSameLog(entry.broker, broker)
      entry.broker = broker
      this.#byPath.set(path, entry).set(`${path}/`, entry)
      if (broker.readiness.ready && !(isSame && readiness.ready)) openings.push(this.#open(entry))
    }
    for (const path of this.#byPath.keys()) if (!paths.has(path)) this.#byPath.delete(path)
    await Promise.all(openings)
  }

  /** What is wrong with the logs, one sentence each. */
  faults(): readonly string[] {
    const faults = new Set<string>()
    for (const entry of this.#byPath.values()) {
      const fault = entry.broker.readiness.ready ? entry.fault() : undefined
      if (fault !== undefined) faults.add(fault)
    }
    return [...faults]
  }

  /** Whether every Ready Broker's log has been opened. */
  areOpen(): boolean {
    for (const { broker, log } of this.#byPath.values()) {
      if (broker.readiness.ready && log === undefined) return false
    }
    return true
  }

  /** Opens no more logs. Those that are open belong to whoever made `logs`. */
  close(): void {
    this.#closing.abort()
    for (const cancel of this.#retries) cancel()
  }

  async #open(entry: IngressBroker): Promise<void> {
    const { logs, prepare, logger } = this.#options
    const { signal } = this.#closing
    const { broker } = entry
    let log: EventLog | undefined
    try {
      log = await logs.open(broker.key, broker.retention)
      if (entry.log === undefined) await prepare(broker, log, signal)
      entry.log = log
      entry.openingFault = undefined
      this.#options.opened()
    } catch (error) {
      if (signal.aborted) return
      if (entry.openingFault === undefined) {
        logger.error({ err: error, broker: broker.key }, 'Cannot open the log of a Broker')
      }
      entry.openingFault = unavailable(broker.key, error, log?.fault())
      this.#openLater(entry)
    }
  }

  #openLater(entry: IngressBroker): void {
    const cancel = this.#options.clock.after(REOPEN_MS, () => {
      this.#retries.delete(cancel)
      const isCurrent = this.#byPath.get(`/${entry.broker.key}`) === entry
      // Never rejects: #open keeps what went wrong.
      if (isCurrent && entry.broker.readiness.ready) void this.#open(entry)
    })
    this.#retries.add(cancel)
  }
}

/** Whether opening the log again would change nothing. */
function isSameLog(a: Broker, b: Broker): boolean {
  return isDeepStrictEqual([a.retention, a.kafka], [b.retention, b.kafka])
}

/**
 * An adapter's Problem says what to do, and so does the fault of a log that was opened; another
 * error may hold a path, which stays in the log.
 */
function unavailable(key: string, error: unknown, fault: string | undefined): Problem {
  if (error instanceof Problem) return error
  const detail = fault ?? `Cannot take events: the log of ${key} cannot be opened`
  return new Problem('log-unavailable', detail, { cause: error, retryAfterSeconds: 1 })
}
