import { Problem } from '#problems/problem.ts'
import type { Clock } from '#time/clock.ts'
import { systemClock } from '#time/system-clock.ts'
import { checkBrokerName } from '../check-broker-name.ts'
import type { EventLog, EventLogs, Retention } from '../event-log.ts'
import { MemoryEventLog } from './memory-event-log.ts'
import { MemoryLog } from './memory-log.ts'

export interface MemoryEventLogsOptions {
  /** Of every log; 1 when absent. */
  readonly partitions?: number
  readonly clock?: Clock
}

/** Logs that live as long as this object. What is "durable" in them ends with the process. */
export class MemoryEventLogs implements EventLogs {
  readonly #partitions: number
  readonly #clock: Clock
  readonly #kept = new Map<string, MemoryLog>()
  readonly #open = new Map<string, MemoryEventLog>()
  #isClosed = false

  constructor({ partitions = 1, clock = systemClock }: MemoryEventLogsOptions = {}) {
    this.#partitions = partitions
    this.#clock = clock
  }

  async open(broker: string, retention: Retention): Promise<EventLog> {
    checkBrokerName(broker)
    if (this.#isClosed) {
      const detail = `Cannot open the event log of ${broker}: the event logs are closed`
      throw new Problem('log-unavailable', detail, { retryAfterSeconds: 10 })
    }
    const kept = this.#keep(broker, retention)
    const open = this.#open.get(broker) ?? new MemoryEventLog(kept, () => this.#open.delete(broker))
    this.#open.set(broker, open)
    return open
  }

  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#open.values()].map((log) => log.close()))
  }

  /** What is kept of a Broker that was opened, to do what happens to a log from outside. */
  kept(broker: string): MemoryLog {
    const kept = this.#kept.get(broker)
    if (kept === undefined) throw new RangeError(`The event log of ${broker} was never opened`)
    return kept
  }

  #keep(broker: string, retention: Retention): MemoryLog {
    const kept =
      this.#kept.get(broker) ??
      new MemoryLog({ broker, partitions: this.#partitions, retention, clock: this.#clock })
    kept.retention = retention
    this.#kept.set(broker, kept)
    return kept
  }
}
