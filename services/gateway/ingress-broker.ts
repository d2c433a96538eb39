import type { EventLog } from '#log/event-log.ts'
import { Problem } from '#problems/problem.ts'
import type { Broker } from '#triggers/trigger.ts'
import type { BrokerMetrics } from './metrics.ts'

/** One Broker as the ingress sees it: its latest settings, and its log once that is open. */
export class IngressBroker {
  broker: Broker
  readonly metrics: BrokerMetrics
  /** Set when events may come: the log is open, and dedup knows what is in it. */
  log: EventLog | undefined
  /** Why the log could not be opened. */
  openingFault: Problem | undefined

  constructor(broker: Broker, metrics: BrokerMetrics) {
    this.broker = broker
    this.metrics = metrics
  }

  /**
   * The log to append to.
   * @throws Problem where an append would be refused right now.
   */
  writableLog(): EventLog {
    const { broker, log } = this
    if (!broker.readiness.ready) {
      throw new Problem(
        'not-ready',
        `Cannot take events: the Broker ${broker.key} is not Ready: ${broker.readiness.message}`,
        { retryAfterSeconds: 5 },
      )
    }
    if (log === undefined) throw this.openingFault ?? opening(broker.key)
    const refusal = log.refusal()
    if (refusal !== undefined) throw refusal
    return log
  }

  /** What is wrong with its storage, in one sentence. */
  fault(): string | undefined {
    return this.openingFault?.message ?? this.log?.fault()
  }
}

function opening(key: string): Problem {
  return new Problem('not-ready', `Cannot take events yet: the log of ${key} is being opened`, {
    retryAfterSeconds: 1,
  })
}
