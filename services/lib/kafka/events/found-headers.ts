import { isUtf8 } from 'node:buffer'
import type { AttributeValue } from '#events/event.ts'
import { isAttributeName } from '#events/is-attribute-name.ts'
import { quote } from '#events/quote.ts'
import type { KafkaRecord } from '../records/kafka-record.ts'
import { ATTRIBUTE_PREFIX, HEADER, HEADER_OF } from './record-headers.ts'

const ATTRIBUTE_OF: ReadonlyMap<string, string> = new Map(
  [...HEADER_OF].map(([attribute, header]) => [header, attribute]),
)

const BESIDE: ReadonlySet<string> = new Set([
  ...[
    HEADER.traceparent,
    HEADER.tracestate,
    HEADER.hops,
    HEADER.cause,
    HEADER.types,
    HEADER.deadLetter,
  ],
])

/** What an HTTP header can carry verbatim, as a content type is. */
const FIELD_VALUE = /^[\t -~]*$/

/**
 * What the headers of a record say, whatever the case of their names. Of several with one name the
 * last counts; one with a null value is none.
 */
export class FoundHeaders {
  /** From `ce_<name>` and `content-type`, in their order. */
  readonly attributes = new Map<string, AttributeValue>()
  /** The `content-type` header alone, which says what the record is. */
  contentType: string | undefined
  /** Why these are the attributes of no event that could be delivered. */
  fault: string | undefined
  /** Those that stand beside the event. */
  #beside: Map<string, string> | undefined

  constructor(headers: KafkaRecord['headers']) {
    for (const [header, content] of headers) if (content !== null) this.#add(header, content)
  }

  /** One of {@link HEADER} that is no attribute. */
  beside(header: string): string | undefined {
    return this.#beside?.get(header)
  }

  #add(header: string, content: Buffer): void {
    const known = ATTRIBUTE_OF.get(header)
    const name = known === undefined ? header.toLowerCase() : header
    const attribute = known ?? attributeOf(name)
    if (attribute !== undefined) this.#addAttribute(attribute, name, content)
    else if (BESIDE.has(name)) {
      this.#beside ??= new Map()
      this.#beside.set(name, content.toString())
    }
  }

  #addAttribute(attribute: string, header: string, content: Buffer): void {
    const text = content.toString()
    if (text.includes('\ufffd') && !isUtf8(content)) {
      this.fault ??= `the header ${quote(header)} is not UTF-8`
    } else if (attribute === 'datacontenttype') {
      this.#addContentType(header, text)
    } else if (isAttributeName(attribute) && attribute !== 'data') {
      this.attributes.set(attribute, text)
    } else if (attribute !== '') {
      this.fault ??= `the header ${quote(header)} names no attribute: only a-z and 0-9 may be in one, and it cannot be "data"`
    }
  }

  /** `ce_datacontenttype` is none of the binding's names, and counts where the right one is missing. */
  #addContentType(header: string, text: string): void {
    if (!FIELD_VALUE.test(text)) {
      this.fault ??= `the header ${quote(header)} has characters that no content type can have`
    }
    const isBinding = header === HEADER.contentType
    if (!isBinding && this.contentType !== undefined) return
    this.attributes.set('datacontenttype', text)
    if (isBinding) this.contentType = text
  }
}

function attributeOf(name: string): string | undefined {
  if (name.startsWith(ATTRIBUTE_PREFIX)) return name.slice(ATTRIBUTE_PREFIX.length)
  return name === HEADER.contentType ? 'datacontenttype' : undefined
}
