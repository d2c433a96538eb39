import { addViolation } from './add-violation.ts'
import { checkAttributes } from './check-attributes.ts'
import type { AttributeValue, CloudEvent } from './event.ts'
import type { Findings } from './findings.ts'
import { invalidJson } from './invalid-json.ts'
import { isAttributeName } from './is-attribute-name.ts'
import type { JsonDocument } from './json-document.ts'
import { readAttributeValue } from './read-attribute-value.ts'
import { readEventData } from './read-event-data.ts'
import { readJsonString } from './read-json-string.ts'
import { scanJsonString } from './scan-json-string.ts'
import { scanJsonValue } from './scan-json-value.ts'
import { skipJsonSpace } from './skip-json-space.ts'

/** What has been read of an event's JSON object. */
interface Members {
  readonly attributes: Map<string, AttributeValue>
  /** Names whose value was null or unusable: seen, but no attribute. */
  unset: Set<string> | undefined
  data: JsonSlice | undefined
  dataBase64: JsonSlice | undefined
}

/** Where a JSON value stands in its document. */
export interface JsonSlice {
  readonly start: number
  readonly end: number
}

/**
 * Reads the event whose JSON object begins at `start` (JSON format 1.0.2), and says where it ends.
 * Adds to `findings` what is wrong with the event. Throws the Problem `event-invalid` at once where
 * the text is not JSON: then nothing else can be said about it.
 */
export function readEventObject(
  document: JsonDocument,
  start: number,
  findings: Findings,
): { readonly event: CloudEvent; readonly end: number } {
  const members: Members = {
    attributes: new Map(),
    unset: undefined,
    data: undefined,
    dataBase64: undefined,
  }
  const end = readMembers(document, start, members, findings)
  const { attributes } = members
  checkAttributes(attributes, findings)
  const data = readEventData(document, attributes, members.data, members.dataBase64, findings)
  return { event: { attributes, data }, end }
}

function readMembers(
  document: JsonDocument,
  start: number,
  members: Members,
  findings: Findings,
): number {
  const { bytes } = document
  let at = skipJsonSpace(bytes, start + 1)
  if (bytes[at] === 0x7d) return at + 1
  for (;;) {
    const nameEnd = must(scanJsonString(bytes, at))
    const colon = skipJsonSpace(bytes, nameEnd)
    if (bytes[colon] !== 0x3a) throw invalidJson(colon)
    const value = skipJsonSpace(bytes, colon + 1)
    const valueEnd = must(scanJsonValue(bytes, value))
    readMember(document, readJsonString(document, at, nameEnd), value, valueEnd, members, findings)
    const next = skipJsonSpace(bytes, valueEnd)
    if (bytes[next] === 0x7d) return next + 1
    if (bytes[next] !== 0x2c) throw invalidJson(next)
    at = skipJsonSpace(bytes, next + 1)
  }
}

function must(end: number): number {
  if (end < 0) throw invalidJson(~end)
  return end
}

function readMember(
  document: JsonDocument,
  name: string,
  start: number,
  end: number,
  members: Members,
  findings: Findings,
): void {
  if (name === 'data') {
    if (members.data === undefined) members.data = { start, end }
    else addDuplicate(findings, name)
  } else if (name === 'data_base64') {
    if (members.dataBase64 === undefined) members.dataBase64 = { start, end }
    else addDuplicate(findings, name)
  } else if (!isAttributeName(name)) {
    addViolation(findings, 'N1', name, 'is no attribute name: only a-z and 0-9 may be in one')
  } else if (members.attributes.has(name) || members.unset?.has(name)) {
    addDuplicate(findings, name)
  } else {
    const value = readAttributeValue(document, start, end, name, findings)
    if (value !== undefined) members.attributes.set(name, value)
    else if (members.unset === undefined) members.unset = new Set([name])
    else members.unset.add(name)
  }
}

function addDuplicate(findings: Findings, name: string): void {
  addViolation(findings, 'J13', name, 'is there more than once')
}
