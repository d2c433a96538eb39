import { writeBinary } from '#events/write-binary.ts'
import type { DeliveryRequest } from '../subscriber-client.ts'
import type { Destination } from './parse-destination.ts'

/** A larger body is not worth a copy that saves a write. */
const COPIED_BYTES = 64 * 1024
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
 * The event in binary content mode. `undefined` where an attribute cannot be written as a header
 * field: nothing that an event holds can end a line.
 */
export function writeRequest(
  destination: Destination,
  request: DeliveryRequest,
): RequestBytes | undefined {
  const { data } = request.event
  const lines = headerLines(request)
  if (lines === undefined) return undefined
  const length = data === undefined ? 0 : data.length
  const head = `${destination.requestStart}${lines}content-length: ${length}\r\n\r\n`
  const isCopied = data !== undefined && length > 0 && length <= COPIED_BYTES
  const bytes = Buffer.allocUnsafe(isCopied ? head.length + length : head.length)
  bytes.write(head, 0, 'latin1')
  if (isCopied) bytes.set(data, head.length)
  return { head: bytes, body: isCopied || length === 0 ? undefined : data }
}

function headerLines(request: DeliveryRequest): string | undefined {
  const { event, namespace, trace, acceptReply } = request
  const headers = writeBinary(event)
  headers.push('kn-namespace', namespace, 'user-agent', 'sluice')
  // Only whoever processes a reply may ask for one.
  if (acceptReply) headers.push('prefer', 'reply')
  if (trace !== undefined) {
    headers.push('traceparent', trace.traceparent)
    if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate)
  }
  let lines = ''
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i] ?? ''
    const value = headers[i + 1] ?? ''
    if (!NAME.test(name) || NO_VALUE.test(value)) return undefined
    lines += `${name}: ${value}\r\n`
  }
  return lines
}
