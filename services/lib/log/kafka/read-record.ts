import { contentMode } from '#events/content-mode.ts'
import type { CloudEvent } from '#events/event.ts'
import { quote } from '#events/quote.ts'
import { readStructured } from '#events/read-structured.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { Problem } from '#problems/problem.ts'
import { readTraceContext } from '#telemetry/trace-context.ts'
import type { LogRecord, Position, UnreadableRecord } from '../event-log.ts'
import { readTypes } from './attribute-types.ts'
import { FoundHeaders } from './found-headers.ts'
import { isEventType } from './is-event-type.ts'
import { HEADER } from './record-headers.ts'

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const
const MAX_HOPS = 255

/**
 * The event of a Kafka record in binary or structured content mode (Kafka binding 1.0.2, section
 * 3), whoever wrote it; or, told apart by its `reason`, why there is none. It is as lenient as
 * Knative's dispatcher, but for what could not be delivered unharmed: header names are taken in any
 * letter case, `ce_datacontenttype` where there is no `content-type`, and values are not checked.
 *
 * Never throws. Data is a view of the record's bytes.
 */
export function readRecord(record: KafkaRecord, partition: number): LogRecord | UnreadableRecord {
  const headers = new FoundHeaders(record.headers)
  const event = readEvent(record.value, headers)
  if (typeof event === 'string') return unreadable(record, event)
  const { offset, timestamp: time } = record
  const hops = readHops(headers.beside(HEADER.hops))
  const cause = readCause(headers.beside(HEADER.cause))
  const trace = readTraceContext(
    headers.beside(HEADER.traceparent),
    headers.beside(HEADER.tracestate),
  )
  const read = { event, hops, partition, offset, time }
  if (cause === undefined && trace === undefined) return read
  return { ...read, ...(cause && { cause }), ...(trace && { trace }) }
}

function readEvent(value: Buffer | null, headers: FoundHeaders): CloudEvent | string {
  const { contentType } = headers
  return contentType !== undefined && isEventType(contentType)
    ? readFormat(value, contentType)
    : readBinary(value, headers)
}

/** Structured content mode (section 3.3); a batch is not defined for Kafka. */
function readFormat(value: Buffer | null, contentType: string): CloudEvent | string {
  try {
    if (contentMode(['content-type', contentType]) !== 'structured') {
      return 'Cannot read the event: a Kafka record is one event, and no batch'
    }
    return value === null ? 'Cannot read the event: the record has no value' : readStructured(value)
  } catch (error) {
    if (error instanceof Problem) return error.message
    throw error
  }
}

/** Binary content mode (section 3.2). A null value is an event without data. */
function readBinary(value: Buffer | null, headers: FoundHeaders): CloudEvent | string {
  const { attributes, fault } = headers
  if (fault !== undefined) return `Cannot read the event: ${fault}`
  for (const name of REQUIRED) {
    if (!attributes.has(name)) return `Cannot read the event: the header ce_${name} is missing`
  }
  const version = attributes.get('specversion')
  if (version !== '1.0' && version !== '0.3') {
    return `Cannot read the event: the header ce_specversion is ${quote(String(version))}, not 1.0 or 0.3`
  }
  const types = headers.beside(HEADER.types)
  if (types !== undefined) readTypes(types, attributes)
  return { attributes, data: value ?? undefined }
}

function readHops(text: string | undefined): number {
  return text !== undefined && /^\d{1,3}$/.test(text) ? Math.min(Number(text), MAX_HOPS) : 0
}

function readCause(text: string | undefined): Position | undefined {
  const match = text === undefined ? null : /^(\d{1,10}):(\d{1,16})$/.exec(text)
  if (match === null) return undefined
  const cause = { partition: Number(match[1]), offset: Number(match[2]) }
  return Number.isSafeInteger(cause.offset) ? cause : undefined
}

function unreadable(record: KafkaRecord, reason: string): UnreadableRecord {
  const { offset, timestamp: time, value } = record
  const headers = new Map(record.headers.map(([name, text]) => [name, text?.toString() ?? '']))
  return { offset, time, reason, value: value ?? undefined, headers }
}
