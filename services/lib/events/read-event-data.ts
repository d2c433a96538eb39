import { addViolation } from './add-violation.ts'
import { decodeBase64 } from './decode-base64.ts'
import type { AttributeValue } from './event.ts'
import type { Findings } from './findings.ts'
import { isJsonType } from './is-json-type.ts'
import type { JsonDocument } from './json-document.ts'
import type { JsonSlice } from './read-event-object.ts'
import { readJsonString } from './read-json-string.ts'

/**
 * The data of an event in JSON format (JSON format 1.0.2, section 3.1), from the members `data`
 * and `data_base64`, where they are: JSON as the bytes that arrived, text as UTF-8, binary decoded.
 * A `data_base64` of null counts as absent. Adds a violation where it cannot be read.
 *
 * Sets `datacontenttype` in `attributes` to `application/json` where it is absent and `data` says
 * so. In an event of version 0.3 takes `datacontentencoding` away when it has been decoded.
 */
export function readEventData(
  document: JsonDocument,
  attributes: Map<string, AttributeValue>,
  data: JsonSlice | undefined,
  dataBase64: JsonSlice | undefined,
  findings: Findings,
): Uint8Array | undefined {
  const encoded = dataBase64 && !isNull(document, dataBase64) ? dataBase64 : undefined
  if (encoded === undefined && data === undefined) return undefined
  if (encoded !== undefined && data !== undefined) {
    addViolation(findings, 'J2', 'data_base64', 'must not stand beside data: only one may be there')
    return undefined
  }
  const isVersion03 = attributes.get('specversion') === '0.3'
  if (encoded !== undefined) {
    if (isVersion03) attributes.delete('datacontentencoding')
    return readBase64(document, encoded, 'data_base64', findings)
  }
  if (data === undefined) return undefined
  if (isVersion03 && attributes.delete('datacontentencoding')) {
    return readBase64(document, data, 'data', findings)
  }
  const contentType = attributes.get('datacontenttype')
  if (contentType === undefined) attributes.set('datacontenttype', 'application/json')
  else if (typeof contentType !== 'string') return undefined
  if (contentType === undefined || isJsonType(contentType)) {
    return document.bytes.subarray(data.start, data.end)
  }
  return readText(document, data, findings)
}

function isNull(document: JsonDocument, slice: JsonSlice): boolean {
  return document.bytes[slice.start] === 0x6e
}

function readBase64(
  document: JsonDocument,
  slice: JsonSlice,
  name: string,
  findings: Findings,
): Uint8Array | undefined {
  const isString = document.bytes[slice.start] === 0x22
  const text = isString ? readJsonString(document, slice.start, slice.end) : undefined
  const bytes = text === undefined ? undefined : decodeBase64(text)
  if (bytes === undefined) {
    addViolation(
      findings,
      'J3',
      name,
      'must be a string of base64 with padding (RFC 4648, section 4)',
    )
  }
  return bytes
}

function readText(
  document: JsonDocument,
  slice: JsonSlice,
  findings: Findings,
): Uint8Array | undefined {
  if (document.bytes[slice.start] !== 0x22) {
    addViolation(findings, 'J7', 'data', 'must be a string where datacontenttype is not JSON')
    return undefined
  }
  const text = readJsonString(document, slice.start, slice.end)
  if (!text.isWellFormed()) {
    addViolation(findings, 'J7', 'data', 'has a surrogate without its pair, which is no text')
    return undefined
  }
  return Buffer.from(text, 'utf8')
}
