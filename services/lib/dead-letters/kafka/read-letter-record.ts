import type { CloudEvent } from '#events/event.ts'
import { FoundHeaders } from '#kafka/events/found-headers.ts'
import { readEvent } from '#kafka/events/read-event.ts'
import { HEADER } from '#kafka/events/record-headers.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import type { DeadLetter } from '../dead-letters.ts'
import { type LetterDetails, readDetails } from './letter-details.ts'

/**
 * The dead letter of a record as `writeLetterRecord` makes it, or why it is none, in one sentence.
 * Never throws. Data is a view of the record's bytes.
 */
export function readLetterRecord({ value, headers }: KafkaRecord): DeadLetter | string {
  if (value === null) return 'it has no value'
  const found = new FoundHeaders(headers)
  const text = found.beside(HEADER.deadLetter)
  if (text === undefined) return `it has no header ${HEADER.deadLetter}`
  const details = readDetails(text)
  if (details === undefined) return `its header ${HEADER.deadLetter} is not a dead letter's`
  const event = eventOf(value, found, details)
  if (typeof event === 'string') return event
  const { attributes: _, noData: __, ...rest } = details
  return { ...rest, event }
}

function eventOf(
  value: Buffer,
  headers: FoundHeaders,
  { attributes, noData }: LetterDetails,
): CloudEvent | string {
  const event =
    attributes === undefined
      ? readEvent(value, headers)
      : { attributes: new Map(attributes), data: value }
  if (typeof event === 'string' || noData === undefined) return event
  return { attributes: event.attributes, data: undefined }
}
