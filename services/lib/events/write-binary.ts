import { canonicalValue } from './canonical-value.ts'
import type { CloudEvent } from './event.ts'
import { percentEncode } from './percent-encode.ts'

/**
 * The event's attributes as HTTP headers of binary content mode: a flat list of names and values,
 * `ce-*` in the event's order, percent-encoded (HTTP binding 1.0.2, sections 3.1.3.1 and 3.1.3.2)
 * or as `encode` has it, then `content-type`, verbatim, where the event has a `datacontenttype`. The body is `event.data`.
 */
export function writeBinary(event: CloudEvent, encode = percentEncode): string[] {
  const headers: string[] = []
  let contentType: string | undefined
  for (const [name, value] of event.attributes) {
    const text = canonicalValue(value)
    if (name === 'datacontenttype') contentType = text
    else headers.push(`ce-${name}`, encode(text))
  }
  if (contentType !== undefined) headers.push('content-type', contentType)
  return headers
}
