import type { CloudEvent } from '#events/event.ts'
import { isEventType } from '#events/is-event-type.ts'
import { percentEncode } from '#events/percent-encode.ts'
import { rawEncode } from '#events/raw-encode.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import { writeBinary } from '#events/write-binary.ts'
import { writeStructured } from '#events/write-structured.ts'
import type { DeliveryRequest } from '../subscriber-client.ts'
import type { Destination } from './parse-destination.ts'

/** A larger body is not worth a copy that saves a write. */
const COPIED_BYTES = 64 * 1024
/** Common servers take no more of them, however short they are. */
const MAX_FIELDS = 100
/** Those of {@link Destination.requestStart}, and `content-length`. */
const FIXED_FIELDS = 3
const NAME = /^[!#$%&'*+\-.^_`|~\dA-Za-z]+$/
/** RFC 9110, section 5.5. What is not Latin-1 has no byte to be written as. */
const NO_VALUE = /[^\t\x20-\x7e\x80-\xff]/

/** The bytes of a request, to be written one after the other. */
export interface RequestBytes {
  readonly head: Buffer
  /** The body, where it is not in `head` already. */
  readonly body: Uint8Array | undefined
}

/**
 * The event in the content mode that is asked for; in structured mode as well where an attribute
 * cannot be written as a header field, where a binary head would be larger than `maxHeaderBytes` or
 * have more than a hundred fields, and where the data is an event itself. `undefined` where not even
 * that can be written: nothing that an event holds can end a line.
 */
export function writeRequest(
  destination: Destination,
  request: DeliveryRequest,
): RequestBytes | undefined {
  const { event, format, maxHeaderBytes } = request
  if (format === 'binary' && isReadBack(stringAttribute(event, 'datacontenttype') ?? '')) {
    const head = binaryHead(destination, request)
    if (head !== undefined && head.length <= maxHeaderBytes) return join(head, event.data)
  }
  if (!hasNames(event)) return undefined
  const body = writeStructured(event)
  const headers = ['content-type', 'application/cloudevents+json']
  const head = writeHead(destination, request, headers, body.length)
  return head === undefined ? undefined : join(head, body)
}

function binaryHead(destination: Destination, request: DeliveryRequest): string | undefined {
  const { event, attributeEncoding } = request
  const headers = writeBinary(event, attributeEncoding === 'raw' ? rawEncode : percentEncode)
  return writeHead(destination, request, headers, event.data?.length ?? 0)
}

/** `headers` is a flat list of names and values, to which those of every request are added. */
function writeHead(
  destination: Destination,
  { namespace, trace, acceptReply }: DeliveryRequest,
  headers: string[],
  length: number,
): string | undefined {
  headers.push('kn-namespace', namespace, 'user-agent', 'sluice')
  // Only whoever processes a reply may ask for one.
  if (acceptReply) headers.push('prefer', 'reply')
  if (trace !== undefined) {
    headers.push('traceparent', trace.traceparent)
    if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate)
  }
  if (headers.length / 2 + FIXED_FIELDS > MAX_FIELDS) return undefined
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (!NAME.test(name) || NO_VALUE.test(value)) return undefined
    lines += `${name}: ${value}\r\n`
  }
  return `${destination.requestStart}${lines}content-length: ${length}\r\n\r\n`
}

/**
 * Whether a receiver takes this content type for the event's. Data in an event format would be taken
 * for the event itself (HTTP binding 1.0.2, section 3), and space around a header's value is no part
 * of it (RFC 9110, section 5.5).
 */
function isReadBack(contentType: string): boolean {
  return !isEventType(contentType) && contentType.trim() === contentType
}

/** Whether names stand for themselves in JSON, too. Those of a valid event do. */
function hasNames({ attributes }: CloudEvent): boolean {
  for (const name of attributes.keys()) if (!NAME.test(name)) return false
  return true
}

function join(head: string, data: Uint8Array | undefined): RequestBytes {
  const length = data?.length ?? 0
  const isCopied = data !== undefined && length > 0 && length <= COPIED_BYTES
  const bytes = Buffer.allocUnsafe(isCopied ? head.length + length : head.length)
  bytes.write(head, 0, 'latin1')
  if (isCopied) bytes.set(data, head.length)
  return { head: bytes, body: isCopied || length === 0 ? undefined : data }
}
