import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Outcome } from '#delivery/outcome.ts'
import type { FilterFailed } from '#filters/filter.ts'

/** One Trigger's counters. */
export interface TriggerMetrics {
  attempted(outcome: Outcome): void
  delivered(): void
  retried(): void
  deadLettered(to: 'sink' | 'store'): void
  expired(events: number): void
  /** A delivery that ended because the event's `expirytime` had passed. */
  cameTooLate(): void
  /** An event that a filter of the Trigger could not judge. */
  readonly filterFailed: FilterFailed
}

/** What is measured at one moment, per Trigger. */
export interface TriggerGauges {
  readonly lag: Gauge<'trigger'>
  readonly open: Gauge<'trigger'>
  readonly inFlight: Gauge<'trigger'>
  readonly ready: Gauge<'trigger'>
}

export interface DispatcherMetrics {
  /** Counters of a Trigger (`<namespace>/<name>`), made once and kept. */
  ofTrigger(trigger: string): TriggerMetrics
  /** Records of a Broker's log that are no CloudEvents. */
  unreadable(broker: string, records: number): void
  readonly gauges: TriggerGauges
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60]

/** The dispatcher's metrics: Knative's meanings, under names that say them. */
export function createDispatcherMetrics(registry: Registry): DispatcherMetrics {
  const registers = [registry]
  const counters = createCounters(registers)
  const duration = new Histogram({
    name: 'sluice_delivery_duration_seconds',
    help: 'One attempt, from the request to the end of the answer',
    labelNames: ['trigger'],
    buckets: SECONDS,
    registers,
  })
  const known = new Map<string, TriggerMetrics>()

  const create = (trigger: string): TriggerMetrics => {
    const ok = counters.delivered.labels(trigger)
    const again = counters.retried.labels(trigger)
    const took = duration.labels(trigger)
    const gone = counters.expired.labels(trigger)
    return {
      attempted: (outcome) => {
        took.observe(outcome.durationMs / 1000)
        if (outcome.kind === 'failed')
          counters.failed.inc({ trigger, status: String(outcome.status ?? 'none') })
      },
      delivered: () => ok.inc(),
      retried: () => again.inc(),
      deadLettered: (to) => counters.dead.inc({ trigger, to }),
      expired: (events) => gone.inc(events),
      cameTooLate: () => counters.late.inc({ trigger }),
      filterFailed: (reason) => counters.unjudged.inc({ trigger, reason }),
    }
  }

  return {
    ofTrigger: (trigger) => {
      const metrics = known.get(trigger) ?? create(trigger)
      known.set(trigger, metrics)
      return metrics
    },
    unreadable: (broker, records) => counters.unreadable.inc({ broker }, records),
    gauges: createGauges(registers),
  }
}

function createCounters(registers: Registry[]) {
  const counter = <L extends string>(name: string, help: string, labelNames: L[]) =>
    new Counter({ name, help, labelNames, registers })
  return {
    delivered: counter('sluice_deliveries_total', 'Deliveries that succeeded', ['trigger']),
    failed: counter(
      'sluice_delivery_failures_total',
      'Attempts that failed, by HTTP status or "none"',
      ['trigger', 'status'],
    ),
    retried: counter('sluice_delivery_retries_total', 'Attempts that will be made again', [
      'trigger',
    ]),
    dead: counter('sluice_dead_letters_total', 'Deliveries given up, by where the event went', [
      'trigger',
      'to',
    ]),
    expired: counter(
      'sluice_expired_undelivered_total',
      'Events that retention took before a Trigger had them',
      ['trigger'],
    ),
    late: counter(
      'sluice_deliveries_expired_total',
      'Deliveries given up because the expirytime of the event had passed',
      ['trigger'],
    ),
    unjudged: counter(
      'sluice_filter_errors_total',
      'Events that a CESQL filter could not judge, by the first error, or "not-boolean"',
      ['trigger', 'reason'],
    ),
    unreadable: counter(
      'sluice_unreadable_records_total',
      'Records in the event log that are no CloudEvents, kept as dead letters',
      ['broker'],
    ),
  }
}

function createGauges(registers: Registry[]): TriggerGauges {
  const gauge = (name: string, help: string) =>
    new Gauge({ name, help, labelNames: ['trigger'], registers })
  return {
    lag: gauge(
      'sluice_trigger_lag',
      'Events between what was judged for the Trigger and the end of the log',
    ),
    open: gauge('sluice_trigger_open', 'Deliveries that have not ended'),
    inFlight: gauge('sluice_trigger_in_flight', 'Requests under way'),
    ready: gauge('sluice_trigger_ready', '1 when the Trigger is Ready'),
  }
}
