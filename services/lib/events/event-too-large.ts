import { Problem } from '#problems/problem.ts'
import type { CloudEvent } from './event.ts'
import { eventSize } from './event-size.ts'
import type { ReadLimits } from './read-limits.ts'

/**
 * The Problem `event-too-large` where an event is larger than `maxEventBytes`, attributes plus data.
 * `index` is its place in a batch, if it came in one.
 */
export function eventTooLarge(
  event: CloudEvent,
  index: number | undefined,
  { maxEventBytes }: Pick<ReadLimits, 'maxEventBytes'>,
): Problem | undefined {
  const size = eventSize(event)
  if (size <= maxEventBytes) return undefined
  const which = index === undefined ? 'the event' : `event ${index} of the batch`
  return new Problem(
    'event-too-large',
    `Cannot take ${which}: its attributes and data have ${size} bytes, at most ${maxEventBytes} are allowed`,
  )
}
