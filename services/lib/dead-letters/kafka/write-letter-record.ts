import type { CloudEvent } from '#events/event.ts'
import { FoundHeaders } from '#kafka/events/found-headers.ts'
import { readEvent } from '#kafka/events/read-event.ts'
import { HEADER } from '#kafka/events/record-headers.ts'
import { type WrittenEvent, writeEvent } from '#kafka/events/write-event.ts'
import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { deadLetterId } from '../dead-letter-id.ts'
import type { DeadLetter } from '../dead-letters.ts'
import type { LetterDetails } from './letter-details.ts'

const NO_BYTES = new Uint8Array(0)

/**
 * The Kafka record of a dead letter: its id as key, the event as any other event's record, and all
 * that is known about the failure as JSON in one header. The value is never null: that would have
 * compaction take the letter away.
 *
 * What the headers of a CloudEvent cannot carry, such as what was no CloudEvent, has its attributes
 * in the JSON.
 */
export function writeLetterRecord({ event, ...rest }: DeadLetter): NewKafkaRecord {
  const written = writeEvent(event)
  const isCarried = isReadBack(written, event)
  const value = isCarried ? written.value : (event.data ?? null)
  const details: LetterDetails = {
    ...rest,
    ...(isCarried ? {} : { attributes: [...event.attributes] }),
    ...(value === null ? { noData: true } : {}),
  }
  return {
    key: deadLetterId(rest),
    value: value ?? NO_BYTES,
    headers: [...(isCarried ? written.headers : []), [HEADER.deadLetter, JSON.stringify(details)]],
    timestamp: rest.time,
  }
}

function isReadBack({ value, headers }: WrittenEvent, event: CloudEvent): boolean {
  const found = headers.map(
    ([name, text]) => [name, text === null ? null : asBuffer(text)] as const,
  )
  const read = readEvent(value === null ? null : asBuffer(value), new FoundHeaders(found))
  if (typeof read === 'string' || read.attributes.size !== event.attributes.size) return false
  const entries = event.attributes.entries()
  for (const [name, attribute] of read.attributes) {
    const expected = entries.next().value
    if (expected?.[0] !== name || expected[1] !== attribute) return false
  }
  if (read.data === undefined || event.data === undefined) return read.data === event.data
  return Buffer.compare(read.data, event.data) === 0
}

function asBuffer(content: Uint8Array | string): Buffer {
  if (typeof content === 'string') return Buffer.from(content)
  return Buffer.from(content.buffer, content.byteOffset, content.byteLength)
}
