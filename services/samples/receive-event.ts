import type { IncomingHttpHeaders } from 'node:http'
import { CloudEvent, HTTP } from 'cloudevents'
import { BadRequest } from './bad-request.ts'

const STRUCTURED = 'application/cloudevents+json'
const REQUIRED = ['id', 'source', 'type', 'specversion'] as const
/** Legal names of extensions that would replace a method of the SDK's event. */
const METHODS = ['validate', 'emit'] as const

/**
 * One HTTP request as an event of the CloudEvents SDK, in binary or structured content mode. What
 * the SDK gets wrong is put right around it; each such place has a test named "SDK bug".
 * @throws BadRequest when the request is not a valid event.
 */
export function receiveEvent(headers: IncomingHttpHeaders, body: Buffer): CloudEvent<unknown> {
  const mediaType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (mediaType.startsWith('application/cloudevents') && mediaType !== STRUCTURED) {
    throw new BadRequest(`content-type ${mediaType} is not taken here`, 415)
  }
  try {
    const event = mediaType === STRUCTURED ? structured(body) : binary(headers, mediaType, body)
    event.validate()
    return event
  } catch (error) {
    if (error instanceof BadRequest) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw new BadRequest(`not a valid CloudEvent: ${reason}`, 400, { cause: error })
  }
}

function binary(headers: IncomingHttpHeaders, mediaType: string, body: Buffer) {
  const decoded: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith('ce-') && typeof value === 'string') decoded[name] = percentDecode(value)
  }
  for (const name of REQUIRED) mustBeThere(`ce-${name}`, decoded[`ce-${name}`])
  for (const name of METHODS) delete decoded[`ce-${name}`]
  // The SDK would prefer it to content-type, and would parse the body by it.
  delete decoded['ce-datacontenttype']
  const { 'content-type': contentType } = headers
  const event = HTTP.toEvent<unknown>({ headers: decoded, body: undefined })
  if (Array.isArray(event)) throw new BadRequest('a batch is not taken here', 415)
  return new CloudEvent<unknown>({
    ...event,
    ...(contentType === undefined ? {} : { datacontenttype: contentType }),
    ...(body.length === 0 ? {} : { data: isJson(mediaType) ? JSON.parse(body.toString()) : body }),
  })
}

function structured(body: Buffer) {
  const { data, data_base64, ...attributes } = objectIn(body)
  for (const name of REQUIRED) mustBeThere(name, attributes[name])
  for (const name of METHODS) delete attributes[name]
  const event = HTTP.toEvent({ headers: { 'content-type': STRUCTURED }, body: attributes })
  if (Array.isArray(event)) throw new BadRequest('a batch is not taken here', 415)
  if (typeof data_base64 === 'string') {
    return new CloudEvent<unknown>({ ...event, data: Buffer.from(data_base64, 'base64') })
  }
  return new CloudEvent<unknown>({ ...event, ...(data === undefined ? {} : { data }) })
}

function objectIn(body: Buffer): Record<string, unknown> {
  const value: unknown = JSON.parse(body.toString())
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  throw new BadRequest('the body is not a JSON object')
}

function mustBeThere(name: string, value: unknown): void {
  if (typeof value !== 'string' || value === '') throw new BadRequest(`${name} is missing`)
}

function percentDecode(value: string): string {
  try {
    return decodeURIComponent(value)
  } catch {
    throw new BadRequest(`a ce- header is not percent-encoded UTF-8`)
  }
}

function isJson(mediaType: string): boolean {
  return mediaType.endsWith('/json') || mediaType.endsWith('+json')
}
