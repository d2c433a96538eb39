import type { CloudEvent } from 'cloudevents'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { BoundedMap } from '../bounded-map.ts'
import { Counts } from '../counts.ts'
import { createSubscriber, type Figures } from '../create-subscriber.ts'
import { EventData } from '../event-data.ts'

const STATUSES = ['healthy', 'degraded', 'down'] as const
const SEVERITIES = ['warning', 'error', 'critical'] as const
const RATE_MINUTES = 5
const FOLLOWED_COMPONENTS = 1000
const KEPT_ERRORS = 10_000

/** How a component was doing when last looked at. */
interface Health {
  readonly status: (typeof STATUSES)[number]
  readonly checkedAt: number
  readonly latencyMs: number | undefined
}

/** Keeps the health of each component, and how often things go wrong. */
export function createSystemMetrics(
  logger: FastifyBaseLogger,
  now: () => number = Date.now,
): FastifyInstance {
  return createSubscriber(logger, new SystemFigures(now))
}

class SystemFigures implements Figures {
  readonly #now: () => number
  readonly #health = new BoundedMap<string, Health>(FOLLOWED_COMPONENTS)
  readonly #errorsByComponent = new Counts()
  readonly #bySeverity = { warning: 0, error: 0, critical: 0 }
  /** When things went wrong, in milliseconds since 1970, by event. */
  readonly #errorTimes = new BoundedMap<number, number>(KEPT_ERRORS)

  constructor(now: () => number) {
    this.#now = now
  }

  record(event: CloudEvent<unknown>): undefined {
    const data = new EventData(event)
    if (event.type === 'dev.sluice.system.health') {
      const component = data.text('component')
      const status = data.oneOf('status', STATUSES)
      const checkedAt = data.time('checkedAt')
      const latencyMs = data.optionalNumber('latencyMs')
      // Events may overtake each other; an older state does not replace a newer one.
      if (checkedAt < (this.#health.get(component)?.checkedAt ?? 0)) return
      this.#health.set(component, { status, checkedAt, latencyMs })
    } else if (event.type === 'dev.sluice.system.error') {
      const component = data.text('component')
      const severity = data.oneOf('severity', SEVERITIES)
      const occurredAt = data.time('occurredAt')
      this.#errorsByComponent.add(component)
      this.#bySeverity[severity]++
      this.#errorTimes.set(this.#errorsByComponent.total, occurredAt)
    }
  }

  read(): object {
    const since = this.#now() - RATE_MINUTES * 60_000
    const recent = [...this.#errorTimes.values()].filter((time) => time >= since).length
    const components = [...this.#health].map(
      ([name, { checkedAt, ...health }]) =>
        [name, { ...health, checkedAt: new Date(checkedAt).toISOString() }] as const,
    )
    return {
      isHealthy: components.every(([, { status }]) => status === 'healthy'),
      components: Object.fromEntries(components),
      errors: this.#errorsByComponent.total,
      errorsPerMinute: recent / RATE_MINUTES,
      errorsBySeverity: this.#bySeverity,
      errorsByComponent: this.#errorsByComponent.top(),
    }
  }
}
