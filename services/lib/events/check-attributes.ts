import { addMissing, addViolation } from './add-violation.ts'
import type { Attributes } from './event.ts'
import type { Findings } from './findings.ts'
import { isMediaType } from './is-media-type.ts'
import { isTimestamp } from './is-timestamp.ts'
import { isAbsoluteUri, isUriReference } from './is-uri-reference.ts'
import { quote } from './quote.ts'

/**
 * Checks the attributes that the specification defines, and adds what is wrong to `findings`:
 * which must be there, which must not be empty, and what each has to look like (CloudEvents
 * 1.0.2, Context Attributes). In an event of version 0.3, `schemaurl` and `datacontentencoding`
 * are such attributes and `dataschema` is an extension.
 */
export function checkAttributes(attributes: Attributes, findings: Findings): void {
  const specversion = required(attributes, 'specversion', findings)
  required(attributes, 'id', findings)
  required(attributes, 'type', findings)
  const source = required(attributes, 'source', findings)
  if (source !== undefined && !isUriReference(source)) {
    addViolation(findings, 'T5', 'source', `must be a URI-reference of RFC 3986: ${quote(source)}`)
  }
  optional(attributes, 'subject', findings)
  const time = string(attributes, 'time', findings)
  if (time !== undefined && !isTimestamp(time)) {
    addViolation(findings, 'T6', 'time', `must be a timestamp of RFC 3339: ${quote(time)}`)
  }
  const contentType = string(attributes, 'datacontenttype', findings)
  if (contentType !== undefined && !isMediaType(contentType)) {
    addViolation(
      findings,
      'N7',
      'datacontenttype',
      `must be a media type of RFC 2046: ${quote(contentType)}`,
    )
  }
  if (specversion === '1.0') checkSchema(attributes, findings)
  else if (specversion === '0.3') checkVersion03(attributes, findings)
  else if (specversion !== undefined) {
    addViolation(findings, 'N9', 'specversion', `must be 1.0 or 0.3: ${quote(specversion)}`)
  }
}

function checkSchema(attributes: Attributes, findings: Findings): void {
  const schema = optional(attributes, 'dataschema', findings)
  if (schema !== undefined && !isAbsoluteUri(schema)) {
    addViolation(
      findings,
      'T5',
      'dataschema',
      `must be an absolute URI without a fragment: ${quote(schema)}`,
    )
  }
}

function checkVersion03(attributes: Attributes, findings: Findings): void {
  const schema = optional(attributes, 'schemaurl', findings)
  if (schema !== undefined && !isUriReference(schema)) {
    addViolation(findings, 'T5', 'schemaurl', `must be a URI of RFC 3986: ${quote(schema)}`)
  }
  const encoding = string(attributes, 'datacontentencoding', findings)
  if (encoding !== undefined && encoding.toLowerCase() !== 'base64') {
    addViolation(findings, 'N7', 'datacontentencoding', `must be base64: ${quote(encoding)}`)
  }
}

function required(attributes: Attributes, name: string, findings: Findings): string | undefined {
  if (attributes.has(name)) {
    const value = string(attributes, name, findings)
    if (value !== '') return value
    addViolation(findings, 'N5', name, 'is empty, and every event must have it')
  } else {
    addMissing(findings, 'N5', name, 'is missing, and every event must have it')
  }
  return undefined
}

function optional(attributes: Attributes, name: string, findings: Findings): string | undefined {
  const value = string(attributes, name, findings)
  if (value !== '') return value
  addViolation(findings, 'N7', name, 'is empty; leave it out')
  return undefined
}

function string(attributes: Attributes, name: string, findings: Findings): string | undefined {
  const value = attributes.get(name)
  if (value === undefined || typeof value === 'string') return value
  addViolation(findings, 'T8', name, `must be a string, not ${value}`)
  return undefined
}
