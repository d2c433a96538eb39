import { contentMode } from './content-mode.ts'
import type { CloudEvent } from './event.ts'
import { readBinary } from './read-binary.ts'
import { readStructured } from './read-structured.ts'
import { rejectInvalid } from './reject-invalid.ts'

/**
 * The event that a subscriber's answer carries, in binary or structured content mode; `undefined`
 * where it carries none: no `ce-*` header and no `application/cloudevents` content type, whatever
 * the body.
 *
 * `rawHeaders` is a flat list of names and values, one character per byte.
 *
 * Throws the Problem `event-invalid` or `not-an-event` where the answer claims to be an event and
 * cannot be read as one. A batch is no reply.
 */
export function readReply(rawHeaders: readonly string[], body: Uint8Array): CloudEvent | undefined {
  const mode = contentMode(rawHeaders)
  if (mode === 'none') return undefined
  if (mode === 'batch') {
    rejectInvalid([
      { rule: 'H16', at: 'content-type', detail: 'is a batch, and a reply is one event' },
    ])
  }
  return mode === 'binary' ? readBinary(rawHeaders, body) : readStructured(body)
}
