import type { Answer, Request } from './conformance-case.ts'

type Attributes = Readonly<Record<string, string | null>>

const DEFAULTS = {
  specversion: '1.0',
  id: '{token}.{n}',
  source: '/conformance/{token}',
  type: 'conformance',
}

/**
 * An event in binary content mode. `attributes` are the values of the headers as they are sent, and
 * are added to valid ones; `null` leaves one out. Without `data` there is no body and no type.
 */
export function binary(
  attributes: Attributes = {},
  data?: string | Uint8Array,
  contentType = 'application/json',
): Request {
  const headers = present({ ...DEFAULTS, ...attributes }).map(
    ([name, value]) => [`ce-${name}`, value] as const,
  )
  if (data === undefined) return { headers }
  return { headers: [...headers, ['content-type', contentType]], body: data }
}

/** The same with more headers, which need be no attributes. */
export function withHeaders(
  request: Request,
  ...more: readonly (readonly [string, string])[]
): Request {
  return { ...request, headers: [...request.headers, ...more] }
}

/** An event in structured content mode: `members` are added to valid ones, `undefined` leaves one out. */
export function structured(
  members: Readonly<Record<string, unknown>> = {},
  contentType = 'application/cloudevents+json',
): Request {
  return structuredText(JSON.stringify({ ...DEFAULTS, ...members }), contentType)
}

/** The same with a body that is given as it is. */
export function structuredText(
  body: string | Uint8Array,
  contentType = 'application/cloudevents+json',
): Request {
  return { headers: [['content-type', contentType]], body }
}

/** Several events in one request; those that are no text are added to valid ones, with ids `{token}.0`, `{token}.1`, … */
export function batch(events: readonly (Readonly<Record<string, unknown>> | string)[]): Request {
  const elements = events.map((event, index) =>
    typeof event === 'string'
      ? event
      : JSON.stringify({ ...DEFAULTS, id: `{token}.${index}`, ...event }),
  )
  return structuredText(`[${elements.join(',')}]`, 'application/cloudevents-batch+json')
}

/** An answer that carries an event in binary content mode. */
export function replyBinary(attributes: Attributes = {}, data?: string, status = 200): Answer {
  const { headers, body } = binary(
    { id: '{token}.reply', type: 'conformance.reply', ...attributes },
    data,
  )
  return { status, headers: Object.fromEntries(headers), ...(body !== undefined && { body }) }
}

/** An answer that carries an event in structured content mode. */
export function replyStructured(
  members: Readonly<Record<string, unknown>> = {},
  status = 200,
): Answer {
  const { headers, body } = structured({
    id: '{token}.reply',
    type: 'conformance.reply',
    ...members,
  })
  return { status, headers: Object.fromEntries(headers), ...(body !== undefined && { body }) }
}

function present(attributes: Attributes): (readonly [string, string])[] {
  return Object.entries(attributes).filter((entry): entry is [string, string] => entry[1] !== null)
}
