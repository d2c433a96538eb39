import type { Arrival } from './scripted-subscribers.ts'

/** A request as the CloudEvents HTTP binding has it read. Written for this suite alone, so that no reader is judged by itself. */
export interface ReceivedEvent {
  /** Lower-case names; the values as on the wire, several joined with `, `; `:method` is the method. */
  readonly headers: ReadonlyMap<string, string>
  /** As text in canonical form, whichever content mode it came in. */
  readonly attributes: ReadonlyMap<string, string>
  readonly data: Buffer | undefined
}

/** Reads a binary or structured event. What is no event has no attributes. */
export function receivedEvent({ method, rawHeaders, body }: Arrival): ReceivedEvent {
  const headers = new Map([[':method', method]])
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]?.toLowerCase() ?? ''
    const value = rawHeaders[i + 1] ?? ''
    headers.set(name, headers.has(name) ? `${headers.get(name)}, ${value}` : value)
  }
  const contentType = headers.get('content-type')
  if (contentType?.toLowerCase().startsWith('application/cloudevents')) {
    return { headers, ...fromJson(body.toString('utf8')) }
  }
  const attributes = new Map<string, string>()
  if (contentType !== undefined) attributes.set('datacontenttype', contentType)
  for (const [name, value] of headers) {
    if (name.startsWith('ce-')) attributes.set(name.slice(3), decoded(value))
  }
  return { headers, attributes, data: body.length === 0 ? undefined : body }
}

function decoded(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8')
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

function fromJson(text: string): Pick<ReceivedEvent, 'attributes' | 'data'> {
  const attributes = new Map<string, string>()
  const parsed: unknown = JSON.parse(text)
  if (typeof parsed !== 'object' || parsed === null) return { attributes, data: undefined }
  const { data, data_base64, ...members } = parsed as Record<string, unknown>
  for (const [name, value] of Object.entries(members)) attributes.set(name, String(value))
  if (typeof data_base64 === 'string')
    return { attributes, data: Buffer.from(data_base64, 'base64') }
  if (data === undefined) return { attributes, data: undefined }
  const type = attributes.get('datacontenttype') ?? 'application/json'
  const isText = typeof data === 'string' && !/[/+]json *(?:;|$)/i.test(type)
  return { attributes, data: Buffer.from(isText ? data : JSON.stringify(data)) }
}
