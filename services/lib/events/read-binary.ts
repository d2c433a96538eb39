import { addViolation } from './add-violation.ts'
import { checkAttributes } from './check-attributes.ts'
import type { AttributeValue, CloudEvent } from './event.ts'
import type { Findings } from './findings.ts'
import { isAttributeHeader } from './is-attribute-header.ts'
import { isAttributeName } from './is-attribute-name.ts'
import { readHeaderValue } from './read-header-value.ts'
import { rejectInvalid } from './reject-invalid.ts'

/**
 * Reads an event in binary content mode: `ce-*` headers are its attributes, `content-type` is its
 * `datacontenttype`, and the body, untouched, its data (HTTP binding 1.0.2, section 3.1). No body
 * and a body of no bytes are the same to HTTP: the event has no data.
 *
 * `rawHeaders` is Node's flat list of names and values. Other headers are no part of the event.
 * The `datacontentencoding` of an event of version 0.3 stays, as it speaks of the body that stays.
 *
 * Throws the Problem `event-invalid` with every violation.
 */
export function readBinary(rawHeaders: readonly string[], body: Uint8Array): CloudEvent {
  const findings: Findings = { violations: [], prefix: 'ce-', index: undefined }
  const attributes = new Map<string, AttributeValue>()
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const header = rawHeaders[i] ?? ''
    const raw = rawHeaders[i + 1] ?? ''
    if (isAttributeHeader(header)) readAttribute(header.slice(3), raw, attributes, findings)
    else if (header.length === 12 && header.toLowerCase() === 'content-type') {
      setOnce(attributes, 'datacontenttype', raw, findings)
    }
  }
  checkAttributes(attributes, findings)
  rejectInvalid(findings.violations)
  return { attributes, data: body.length === 0 ? undefined : body }
}

function readAttribute(
  headerName: string,
  raw: string,
  attributes: Map<string, AttributeValue>,
  findings: Findings,
): void {
  let name = headerName
  if (!isAttributeName(name)) {
    name = name.toLowerCase()
    if (!isAttributeName(name)) {
      addViolation(findings, 'N1', name, 'is no attribute name: only a-z and 0-9 may be in one')
      return
    }
  }
  if (name === 'data') {
    addViolation(findings, 'N3', name, 'is reserved for the data, which is the body')
    return
  }
  if (name === 'datacontenttype') {
    // Under its own name, lest it be taken for the Content-Type header that it contradicts.
    findings.violations.push({
      rule: 'H5',
      at: 'ce-datacontenttype',
      detail: 'is not allowed; the Content-Type header says what the data is',
    })
    return
  }
  const value = readHeaderValue(raw, name, findings)
  if (value !== undefined) setOnce(attributes, name, value, findings)
}

function setOnce(
  attributes: Map<string, AttributeValue>,
  name: string,
  value: string,
  findings: Findings,
): void {
  if (attributes.has(name)) addViolation(findings, 'H12', name, 'is there more than once')
  else attributes.set(name, value)
}
