import type { CloudEvent } from '#events/event.ts'
import { isTimestamp } from '#events/is-timestamp.ts'

/**
 * Whether the event's `expirytime` has passed at `now` (milliseconds since 1970): after it, the
 * event is of no use (CloudEvents extension "Expiry Time"). What is no timestamp says nothing.
 */
export function hasExpired({ attributes }: CloudEvent, now: number): boolean {
  const expirytime = attributes.get('expirytime')
  if (typeof expirytime !== 'string' || !isTimestamp(expirytime)) return false
  return timeOf(expirytime) < now
}

/** In milliseconds since 1970. A leap second counts as the second after it, as in Unix time. */
function timeOf(timestamp: string): number {
  const text = timestamp.toUpperCase()
  if (text.slice(17, 19) !== '60') return Date.parse(text)
  return Date.parse(`${text.slice(0, 17)}59${text.slice(19)}`) + 1000
}
