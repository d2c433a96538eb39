import type { Delivery, Trigger } from '../trigger.ts'
import type { DeliveryOptions } from './read-delivery.ts'

/** Knative's own default for a Broker without `delivery` (its default-broker configuration). */
const BROKER_DEFAULT = { retry: 10 }

/** Without a `timeout` an exchange may take ten minutes, as in Knative's Kafka Broker. */
const TIMEOUT_MS = 600_000
const BACKOFF_DELAY_MS = 200
const RETRY_AFTER_MAX_MS = 60_000

/**
 * How a Trigger's events are delivered: by its own options if it has any, and then by none of the
 * Broker's (Knative Eventing control plane, Broker `delivery`), else by the Broker's, else by
 * Knative's default. `deadLetterSink` is the URL that belongs to the options which count. Under
 * `knative-kafka`, `format` is passed over, as Knative's Kafka Broker does.
 */
export function resolveDelivery(
  trigger: DeliveryOptions | undefined,
  broker: DeliveryOptions | undefined,
  deadLetterSink: string | undefined,
  compatibility: Trigger['compatibility'],
): Delivery {
  const options: Partial<DeliveryOptions> = trigger ?? broker ?? BROKER_DEFAULT
  return {
    retry: options.retry ?? 0,
    backoffPolicy: options.backoffPolicy ?? 'exponential',
    backoffDelayMs: options.backoffDelayMs ?? BACKOFF_DELAY_MS,
    timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
    retryAfterMaxMs: options.retryAfterMaxMs ?? RETRY_AFTER_MAX_MS,
    deadLetterSink,
    deadLetterSinkCaCerts: options.deadLetterSink?.caCerts,
    format: compatibility === 'spec' ? (options.format ?? 'binary') : 'binary',
  }
}
