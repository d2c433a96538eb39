import { type CloudEvent, HTTP } from 'cloudevents'

/** An event as one HTTP message of binary content mode. */
export interface WrittenEvent {
  readonly headers: Record<string, string>
  readonly body: string
}

/** Writes an event whose data is a JSON value with the CloudEvents SDK, whose headers are then encoded. */
export function writeEvent(event: CloudEvent<unknown>): WrittenEvent {
  const { headers } = HTTP.binary(event)
  const encoded: Record<string, string> = { 'content-type': 'application/json' }
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-')) encoded[name] = encodeURI(String(value).toWellFormed())
  }
  return { headers: encoded, body: JSON.stringify(event.data) }
}
