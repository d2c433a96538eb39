import { stringAttribute } from '#events/string-attribute.ts'
import { HEADER } from '#kafka/events/record-headers.ts'
import { writeEvent } from '#kafka/events/write-event.ts'
import type { KafkaHeader, NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import type { NewRecord } from '../event-log.ts'

/**
 * The Kafka record of an event: `writeEvent` with the `partitionkey` as key. The trace context, and
 * what Sluice keeps beside the event, are headers after those of the event.
 *
 * `timestamp` is in milliseconds since 1970. Nothing is copied.
 */
export function writeRecord(record: NewRecord, timestamp: number): NewKafkaRecord {
  const { event } = record
  const key = stringAttribute(event, 'partitionkey') ?? null
  const { value, headers } = writeEvent(event)
  addBeside(headers, record)
  return { key, value, headers, timestamp }
}

function addBeside(headers: KafkaHeader[], { hops, cause, trace }: NewRecord): void {
  if (hops > 0) headers.push([HEADER.hops, String(hops)])
  if (cause !== undefined) headers.push([HEADER.cause, `${cause.partition}:${cause.offset}`])
  if (trace === undefined) return
  headers.push([HEADER.traceparent, trace.traceparent])
  if (trace.tracestate !== undefined) headers.push([HEADER.tracestate, trace.tracestate])
}
