import { decodeBase64 } from '#events/decode-base64.ts'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { isAbsoluteUri } from '#events/is-uri-reference.ts'
import type { Trigger } from '#triggers/trigger.ts'
import type { FailedAnswer } from './failed-answer.ts'
import { isExtensionName } from './is-extension-name.ts'
import { redactUrl } from './redact-url.ts'

export interface DeadLetterFacts {
  /** The subscriber's URL; user name and password do not go into the event. */
  readonly destination: string
  /** What the subscriber answered last. */
  readonly answer: FailedAnswer
  readonly compatibility: Trigger['compatibility']
}

/**
 * The event as a dead letter sink gets it (Knative data plane, error extensions): the event
 * itself with `knativeerrordest`, with `knativeerrorcode` where there was a status, with
 * `knativeerrordata` (base64) where there was a body, and with what the subscriber asked to add by
 * `Kne-` headers. Those never replace an attribute of the event. Error extensions of an earlier
 * failure are replaced, since they would describe this one wrongly.
 *
 * A valid event stays valid, and keeps its `specversion`; under `knative-kafka` it becomes 1.0,
 * as the Kafka Broker makes it.
 */
export function deadLetterEvent(event: CloudEvent, facts: DeadLetterFacts): CloudEvent {
  const { destination, answer, compatibility } = facts
  const { status, dataBase64, extensions = {} } = answer
  const { attributes, data } =
    compatibility === 'knative-kafka'
      ? upgraded(event)
      : { attributes: new Map(event.attributes), data: event.data }
  for (const name of ['knativeerrordest', 'knativeerrorcode', 'knativeerrordata']) {
    attributes.delete(name)
  }
  attributes.set('knativeerrordest', redactUrl(destination))
  if (status !== undefined) attributes.set('knativeerrorcode', String(status))
  if (dataBase64 !== undefined) attributes.set('knativeerrordata', dataBase64)
  for (const [name, value] of Object.entries(extensions)) {
    if (isExtensionName(name) && !attributes.has(name)) attributes.set(name, value)
  }
  return { attributes, data }
}

interface MutableEvent {
  readonly attributes: Map<string, AttributeValue>
  readonly data: Uint8Array | undefined
}

/**
 * The event in version 1.0. What 0.3 calls `schemaurl` is `dataschema` there, where it may only be
 * an absolute URI, and the data is never encoded.
 */
function upgraded(event: CloudEvent): MutableEvent {
  const attributes = new Map(event.attributes)
  if (attributes.get('specversion') !== '0.3') return { attributes, data: event.data }
  attributes.set('specversion', '1.0')
  const schema = attributes.get('schemaurl')
  if (isSchema(schema)) {
    attributes.delete('schemaurl')
    attributes.set('dataschema', schema)
  } else if (!isSchema(attributes.get('dataschema'))) {
    attributes.delete('dataschema')
  }
  return { attributes, data: decoded(attributes, event.data) }
}

function isSchema(value: AttributeValue | undefined): value is string {
  return typeof value === 'string' && isAbsoluteUri(value)
}

/** The data of a 0.3 event; what is not the base64 that it claims to be stays as it is. */
function decoded(attributes: Map<string, AttributeValue>, data: Uint8Array | undefined) {
  if (data === undefined || !attributes.has('datacontentencoding')) return data
  const bytes = decodeBase64(Buffer.from(data).toString('latin1'))
  if (bytes === undefined) return data
  attributes.delete('datacontentencoding')
  return bytes
}
