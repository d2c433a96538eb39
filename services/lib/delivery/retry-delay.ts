import type { Delivery, Trigger } from '#triggers/trigger.ts'

/** The longest delay there is, in milliseconds: 24.8 days, the longest timer of the platform. */
const LONGEST_DELAY_MS = 2 ** 31 - 1

/**
 * How long to wait before the `retry`th retry (1 is the first), in whole or partial milliseconds:
 * finite, not negative, at most 24.8 days.
 *
 * `spec`: linear waits `backoffDelayMs` each time, exponential `backoffDelayMs · 2^retry`; what
 * the subscriber asked for with `Retry-After` counts where that is longer, up to `retryAfterMaxMs`
 * (Knative specification, DeliverySpec). `knative-kafka`, as its Broker does: linear waits
 * `backoffDelayMs · retry`, and `Retry-After` is ignored.
 */
export function retryDelayMs(
  delivery: Pick<Delivery, 'backoffPolicy' | 'backoffDelayMs' | 'retryAfterMaxMs'>,
  retry: number,
  retryAfterMs: number | undefined,
  compatibility: Trigger['compatibility'],
): number {
  const backoffMs = Math.min(backoff(delivery, retry, compatibility), LONGEST_DELAY_MS)
  if (compatibility === 'knative-kafka' || retryAfterMs === undefined) return backoffMs
  const askedMs = Math.min(retryAfterMs, delivery.retryAfterMaxMs, LONGEST_DELAY_MS)
  return Math.max(backoffMs, askedMs)
}

function backoff(
  { backoffPolicy, backoffDelayMs }: Pick<Delivery, 'backoffPolicy' | 'backoffDelayMs'>,
  retry: number,
  compatibility: Trigger['compatibility'],
): number {
  // Beyond 2^31 every delay is the longest one; without the bound, 0 · Infinity would be NaN.
  if (backoffPolicy === 'exponential') return backoffDelayMs * 2 ** Math.min(retry, 31)
  return compatibility === 'knative-kafka' ? backoffDelayMs * retry : backoffDelayMs
}
