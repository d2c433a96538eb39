import { isUtf8 } from 'node:buffer'
import { canonicalValue } from './canonical-value.ts'
import { charset } from './charset.ts'
import { decodeBase64 } from './decode-base64.ts'
import type { CloudEvent } from './event.ts'
import { isJsonType } from './is-json-type.ts'
import { scanJsonValue } from './scan-json-value.ts'
import { stringAttribute } from './string-attribute.ts'

/**
 * The event in JSON format (JSON format 1.0.2), the body of a message of the content type
 * `application/cloudevents+json`. Reading it again gives the same attributes and the same bytes
 * of data:
 * - JSON data is spliced in as it is;
 * - text in UTF-8 becomes a string;
 * - all else becomes `data_base64`, and so does JSON data that is not valid JSON or has white
 *   space around it, and data without a `datacontenttype`, which as `data` would imply JSON. In an
 *   event of version 0.3, which knows no `data_base64`, that is `datacontentencoding` and `data`.
 */
export function writeStructured(event: CloudEvent): Buffer {
  let members = '{'
  for (const [name, value] of event.attributes) {
    const json = typeof value === 'string' ? JSON.stringify(value) : canonicalValue(value)
    members += `"${name}":${json},`
  }
  const { data } = event
  if (data === undefined) return Buffer.from(`${members.replace(/,$/, '')}}`)

  const contentType = stringAttribute(event, 'datacontenttype') ?? ''
  if (!hasEncoding(event) && isJsonType(contentType) && isJson(data)) {
    return Buffer.concat([Buffer.from(`${members}"data":`), data, CLOSE])
  }
  return Buffer.from(`${members}${dataMember(event, data, contentType)}}`)
}

const CLOSE = Buffer.from('}')

function dataMember(event: CloudEvent, data: Uint8Array, contentType: string): string {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
  if (hasEncoding(event)) {
    // It came in binary mode, beside a body that is base64 already, or should be.
    const text = bytes.toString('latin1')
    return `"data":"${decodeBase64(text) ? text : bytes.toString('base64')}"`
  }
  if (isText(contentType) && isUtf8(bytes))
    return `"data":${JSON.stringify(bytes.toString('utf8'))}`
  const base64 = bytes.toString('base64')
  return isVersion03(event)
    ? `"datacontentencoding":"base64","data":"${base64}"`
    : `"data_base64":"${base64}"`
}

function isVersion03(event: CloudEvent): boolean {
  return event.attributes.get('specversion') === '0.3'
}

function hasEncoding(event: CloudEvent): boolean {
  return isVersion03(event) && event.attributes.has('datacontentencoding')
}

/** Whether the bytes are one JSON value and nothing else. */
function isJson(data: Uint8Array): boolean {
  return isUtf8(data) && scanJsonValue(data, 0) === data.length
}

function isText(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isTextual = type.startsWith('text/') || type === 'application/xml' || type.endsWith('+xml')
  if (!isTextual || isJsonType(type)) return false
  const set = charset(contentType)
  return set === undefined || set === 'utf-8' || set === 'us-ascii'
}
