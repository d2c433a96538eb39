import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import { writeStructured } from '#events/write-structured.ts'
import type { KafkaHeader, NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import type { NewRecord } from '../event-log.ts'
import { writeTypes } from './attribute-types.ts'
import { isEventType } from './is-event-type.ts'
import { ATTRIBUTE_PREFIX, HEADER, HEADER_OF } from './record-headers.ts'

/**
 * The Kafka record of an event, as Knative's receiver writes it (Kafka binding 1.0.2, section 3.2:
 * binary content mode): headers `ce_<name>` and `content-type` in the order of the attributes, the
 * `partitionkey` as key, the data as value, null where there is none. The trace context, and what
 * Sluice keeps beside the event, are headers after these.
 *
 * An event whose `datacontenttype` is an event format itself would be taken for what it holds: it
 * is written in structured content mode.
 *
 * `timestamp` is in milliseconds since 1970. Nothing is copied.
 */
export function writeRecord(record: NewRecord, timestamp: number): NewKafkaRecord {
  const { event } = record
  const key = stringAttribute(event, 'partitionkey') ?? null
  if (isEventType(stringAttribute(event, 'datacontenttype') ?? '')) {
    const headers: KafkaHeader[] = [[HEADER.contentType, 'application/cloudevents+json']]
    addBeside(headers, record)
    return { key, value: writeStructured(event), headers, timestamp }
  }
  const headers = attributeHeaders(event)
  addBeside(headers, record)
  return { key, value: event.data ?? null, headers, timestamp }
}

function attributeHeaders({ attributes }: CloudEvent): KafkaHeader[] {
  const headers: KafkaHeader[] = []
  let isTyped = false
  for (const [name, value] of attributes) {
    if (typeof value !== 'string') isTyped = true
    headers.push([HEADER_OF.get(name) ?? ATTRIBUTE_PREFIX + name, canonicalValue(value)])
  }
  if (isTyped) headers.push([HEADER.types, writeTypes(attributes)])
  return headers
}

function addBeside(headers: KafkaHeader[], { hops, cause, trace }: NewRecord): void {
  if (hops > 0) headers.push([HEADER.hops, String(hops)])
  if (cause !== undefined) headers.push([HEADER.cause, `${cause.partition}:${cause.offset}`])
  if (trace === undefined) return
  headers.push([HEADER.traceparent, trace.traceparent])
  if (trace.tracestate !== undefined) headers.push([HEADER.tracestate, trace.tracestate])
}
