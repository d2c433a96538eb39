import { parseDuration } from '../parse-duration.ts'
import { fail, fieldsOf, integerAt, oneOf, type Place, parsedAt } from './place.ts'
import { type Destination, readDestination } from './read-destination.ts'

/** Knative's DeliverySpec as it was written. Durations in milliseconds. */
export interface DeliveryOptions {
  readonly deadLetterSink: Destination | undefined
  readonly retry: number | undefined
  readonly backoffPolicy: 'linear' | 'exponential' | undefined
  readonly backoffDelayMs: number | undefined
  readonly timeoutMs: number | undefined
  readonly retryAfterMaxMs: number | undefined
  readonly format: 'binary' | 'json' | undefined
}

const DELIVERY_FIELDS = [
  'deadLetterSink',
  'retry',
  'backoffPolicy',
  'backoffDelay',
  'timeout',
  'retryAfterMax',
  'format',
]

const MAX_RETRY = 2 ** 31 - 1

/**
 * The `delivery` of a Broker or Trigger. An empty object specifies nothing and counts as absent.
 *
 * @returns `undefined` where nothing is specified.
 */
export function readDelivery(place: Place | undefined): DeliveryOptions | undefined {
  const fields = fieldsOf(place, DELIVERY_FIELDS)
  if (fields.size === 0) return undefined
  const timeout = fields.get('timeout')
  const timeoutMs = parsedAt(timeout, parseDuration)
  if (timeout !== undefined && timeoutMs === 0) fail(timeout, 'must be longer than nothing')
  return {
    deadLetterSink: readDestination(fields.get('deadLetterSink'), 'DeadLetterSinkNotResolved'),
    retry: integerAt(fields.get('retry'), 0, MAX_RETRY),
    backoffPolicy: oneOf(fields.get('backoffPolicy'), ['linear', 'exponential']),
    backoffDelayMs: parsedAt(fields.get('backoffDelay'), parseDuration),
    timeoutMs,
    retryAfterMaxMs: parsedAt(fields.get('retryAfterMax'), parseDuration),
    format: oneOf(fields.get('format'), ['binary', 'json']),
  }
}
