import { contentMode } from '#events/content-mode.ts'
import type { CloudEvent } from '#events/event.ts'
import { isEventType } from '#events/is-event-type.ts'
import { quote } from '#events/quote.ts'
import { readStructured } from '#events/read-structured.ts'
import { Problem } from '#problems/problem.ts'
import { readTypes } from './attribute-types.ts'
import type { FoundHeaders } from './found-headers.ts'
import { HEADER } from './record-headers.ts'

const REQUIRED = ['specversion', 'id', 'source', 'type'] as const

/**
 * The event of a Kafka record's value and headers in binary or structured content mode (Kafka
 * binding 1.0.2, section 3), whoever wrote it; or why there is none, in one sentence. It is as
 * lenient as Knative's dispatcher, but for what could not be delivered unharmed: header names are
 * taken in any letter case, `ce_datacontenttype` where there is no `content-type`, and values are
 * not checked.
 *
 * Never throws. Data is a view of `value`; attributes are those of `headers`.
 */
export function readEvent(value: Buffer | null, headers: FoundHeaders): CloudEvent | string {
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
