import { Problem } from '#problems/problem.ts'
import { charset } from './charset.ts'
import { isAttributeHeader } from './is-attribute-header.ts'
import { isEventType } from './is-event-type.ts'
import { quote } from './quote.ts'
import { rejectInvalid } from './reject-invalid.ts'

/** How an HTTP message carries events; `none` where it carries none. */
export type ContentMode = 'binary' | 'structured' | 'batch' | 'none'

/**
 * The content mode of an HTTP message (HTTP binding 1.0.2, section 3): a content type that begins
 * with `application/cloudevents` decides, whatever `ce-*` headers say; without one, any `ce-*`
 * header makes it binary.
 *
 * Throws the Problem `not-an-event` for an event format other than JSON and for a
 * `Content-Encoding`, and `event-invalid` for a JSON format in another charset than UTF-8 or with
 * several content types.
 */
export function contentMode(rawHeaders: readonly string[]): ContentMode {
  let hasAttributes = false
  let contentType = ''
  let contentTypes = 0
  let encoding = ''
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] ?? ''
    if ((header.charCodeAt(0) | 0x20) !== 0x63) continue
    if (isAttributeHeader(header)) hasAttributes = true
    else if (header.length === 12 && header.toLowerCase() === 'content-type') {
      if (contentTypes++ === 0) contentType = rawHeaders[i + 1] ?? ''
    } else if (header.length === 16 && header.toLowerCase() === 'content-encoding') {
      encoding = `${encoding},${rawHeaders[i + 1] ?? ''}`
    }
  }
  const isFormat = isEventType(contentType)
  if (!isFormat && !hasAttributes) return 'none'
  if (encoding !== '') refuseEncoding(encoding)
  return isFormat ? formatMode(contentType, contentTypes) : 'binary'
}

function refuseEncoding(encodings: string): void {
  for (const encoding of encodings.split(',')) {
    const name = encoding.trim().toLowerCase()
    if (name !== '' && name !== 'identity') {
      throw new Problem(
        'not-an-event',
        `Cannot read the event: Content-Encoding is ${quote(name)}; send it without one`,
      )
    }
  }
}

function formatMode(contentType: string, contentTypes: number): ContentMode {
  const semicolon = contentType.indexOf(';')
  const type = (semicolon < 0 ? contentType : contentType.slice(0, semicolon)).trim().toLowerCase()
  const isBatch = type === 'application/cloudevents-batch+json'
  if (!isBatch && type !== 'application/cloudevents+json') {
    throw new Problem(
      'not-an-event',
      `Cannot read the event: its format is ${quote(type)}; application/cloudevents+json and application/cloudevents-batch+json are understood`,
    )
  }
  if (contentTypes > 1) {
    rejectInvalid([{ rule: 'H12', at: 'content-type', detail: 'is there more than once' }])
  }
  const set = charset(contentType)
  if (set !== undefined && set !== 'utf-8' && set !== 'utf8' && set !== 'us-ascii') {
    const detail = `has the charset ${quote(set)}, and JSON is UTF-8`
    rejectInvalid([{ rule: 'J15', at: 'content-type', detail }])
  }
  return isBatch ? 'batch' : 'structured'
}
