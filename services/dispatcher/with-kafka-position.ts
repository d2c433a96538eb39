import type { CloudEvent } from '#events/event.ts'
import type { LogRecord } from '#log/event-log.ts'

/** The event with the two extensions that Knative's Kafka Broker adds to every delivery. */
export function withKafkaPosition(record: LogRecord): CloudEvent {
  const attributes = new Map(record.event.attributes)
  attributes.set('knativekafkapartition', record.partition)
  attributes.set('knativekafkaoffset', String(record.offset))
  return { attributes, data: record.event.data }
}
