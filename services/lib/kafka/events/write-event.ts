import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'
import { isEventType } from '#events/is-event-type.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import { writeStructured } from '#events/write-structured.ts'
import type { KafkaHeader } from '../records/kafka-record.ts'
import { writeTypes } from './attribute-types.ts'
import { ATTRIBUTE_PREFIX, HEADER, HEADER_OF } from './record-headers.ts'

/** An event as a record's value and headers. More headers may be added. */
export interface WrittenEvent {
  readonly value: Uint8Array | null
  readonly headers: KafkaHeader[]
}

/**
 * The value and headers of an event's record, as Knative's receiver writes them (Kafka binding
 * 1.0.2, section 3.2: binary content mode): headers `ce_<name>` and `content-type` in the order of
 * the attributes, the data as value, null where there is none. Nothing is copied.
 *
 * An event whose `datacontenttype` is an event format itself would be taken for what it holds: it
 * is written in structured content mode.
 */
export function writeEvent(event: CloudEvent): WrittenEvent {
  if (isEventType(stringAttribute(event, 'datacontenttype') ?? '')) {
    const headers: KafkaHeader[] = [[HEADER.contentType, 'application/cloudevents+json']]
    return { value: writeStructured(event), headers }
  }
  return { value: event.data ?? null, headers: attributeHeaders(event) }
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
