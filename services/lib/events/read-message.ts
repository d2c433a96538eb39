import { Problem } from '#problems/problem.ts'
import { contentMode } from './content-mode.ts'
import type { CloudEvent } from './event.ts'
import { eventTooLarge } from './event-too-large.ts'
import { readBatch } from './read-batch.ts'
import { readBinary } from './read-binary.ts'
import type { ReadLimits } from './read-limits.ts'
import { readStructured } from './read-structured.ts'

/** One HTTP message as it carried events. */
export interface Message {
  readonly mode: 'binary' | 'structured' | 'batch'
  /** Exactly one, but for a batch: any number, none included. */
  readonly events: readonly CloudEvent[]
}

/**
 * Reads the events of an HTTP request in whichever content mode it has (HTTP binding 1.0.2,
 * section 3).
 *
 * `rawHeaders` is Node's flat list of names and values, one character per byte; `body` is the
 * whole body, of which the events' data may be views.
 *
 * Throws a Problem: `not-an-event` where there is neither a `ce-*` header nor an event content
 * type, for a format other than JSON, and for a `Content-Encoding`; `event-invalid` with every
 * violation (of all events in a batch) where it is malformed; `event-too-large` where an event is
 * larger than `maxEventBytes`, attributes plus data, or a batch longer than `maxBatchEvents`.
 */
export function readMessage(
  rawHeaders: readonly string[],
  body: Uint8Array,
  limits: ReadLimits,
): Message {
  const mode = contentMode(rawHeaders)
  if (mode === 'none') {
    throw new Problem(
      'not-an-event',
      'Cannot find an event: there is no ce-* header, and the content type is not application/cloudevents+json or application/cloudevents-batch+json',
    )
  }
  const events = readEvents(mode, rawHeaders, body, limits)
  for (let index = 0; index < events.length; index++) {
    const event = events[index]
    if (event === undefined) continue
    const problem = eventTooLarge(event, mode === 'batch' ? index : undefined, limits)
    if (problem !== undefined) throw problem
  }
  return { mode, events }
}

function readEvents(
  mode: Message['mode'],
  rawHeaders: readonly string[],
  body: Uint8Array,
  limits: ReadLimits,
): readonly CloudEvent[] {
  if (mode === 'binary') return [readBinary(rawHeaders, body)]
  if (mode === 'structured') return [readStructured(body)]
  return readBatch(body, limits.maxBatchEvents)
}
