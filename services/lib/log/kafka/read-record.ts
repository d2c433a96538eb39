import { FoundHeaders } from '#kafka/events/found-headers.ts'
import { readEvent } from '#kafka/events/read-event.ts'
import { HEADER } from '#kafka/events/record-headers.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { readTraceContext } from '#telemetry/trace-context.ts'
import type { LogRecord, Position, UnreadableRecord } from '../event-log.ts'

const MAX_HOPS = 255

/**
 * The event of a Kafka record, as `readEvent` finds it, with what is kept beside it; or, told apart
 * by its `reason`, why there is none.
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
