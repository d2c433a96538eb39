import { Counter, Histogram, type Registry } from 'prom-client'
import type { ProblemType } from '#problems/problem.ts'

/** One Broker's counters. */
export interface BrokerMetrics {
  /** A request was answered 202: its events, how many of them were repeats, and when it had been read. */
  accepted(events: number, repeats: number, durationMs: number): void
  /** An event of a batch was rejected by itself. */
  rejected(problem: ProblemType): void
}

export interface GatewayMetrics {
  /** Counters of a Broker (`<namespace>/<name>`), made once and kept. */
  ofBroker(broker: string): BrokerMetrics
  /** A request was refused. */
  rejected(problem: ProblemType): void
}

const SECONDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5]

interface Counts {
  accepted: number
  repeats: number
}

/**
 * The gateway's metrics. `forgotten`: how many ids dedup has had to forget too early, so far. What
 * is counted per event is a number of our own until somebody reads the page: the registry looks
 * each label up again for every increment.
 */
export function createGatewayMetrics(registry: Registry, forgotten: () => number): GatewayMetrics {
  const registers = [registry]
  const counts = new Map<string, Counts>()
  const perBroker = (name: string, help: string, read: (counts: Counts) => number) =>
    new Counter({
      name,
      help,
      labelNames: ['broker'],
      registers,
      collect() {
        this.reset()
        for (const [broker, each] of counts) this.inc({ broker }, read(each))
      },
    })
  perBroker(
    'sluice_events_accepted_total',
    'Events answered 202, repeats included',
    ({ accepted }) => accepted,
  )
  perBroker('sluice_events_duplicate_total', 'Events recognised as repeats', (each) => each.repeats)
  perBroker(
    'sluice_events_stored_total',
    'Events that became durable in the log',
    ({ accepted, repeats }) => accepted - repeats,
  )
  new Counter({
    name: 'sluice_dedup_forgotten_total',
    help: 'Ids that dedup forgot before their window had passed, for want of room',
    registers,
    collect() {
      this.reset()
      this.inc(forgotten())
    },
  })
  const rejected = new Counter({
    name: 'sluice_events_rejected_total',
    help: 'Requests to the ingress that were refused, and events of lenient batches, by type of problem',
    labelNames: ['problem'],
    registers,
  })
  const duration = new Histogram({
    name: 'sluice_ingest_duration_seconds',
    help: 'From a request read whole to its 202',
    buckets: SECONDS,
    registers,
  })
  const reject = (problem: ProblemType) => rejected.inc({ problem })
  return {
    ofBroker: (broker) => {
      const each = counts.get(broker) ?? { accepted: 0, repeats: 0 }
      counts.set(broker, each)
      return {
        accepted: (events, repeats, durationMs) => {
          each.accepted += events
          each.repeats += repeats
          duration.observe(durationMs / 1000)
        },
        rejected: reject,
      }
    },
    rejected: reject,
  }
}
