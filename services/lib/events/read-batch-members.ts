import { Problem } from '#problems/problem.ts'
import { addViolation, MAX_VIOLATIONS } from './add-violation.ts'
import type { CloudEvent } from './event.ts'
import { expectJsonEnd } from './expect-json-end.ts'
import type { Findings } from './findings.ts'
import { invalidEvent } from './invalid-event.ts'
import { invalidJson } from './invalid-json.ts'
import { type JsonDocument, openJsonDocument } from './json-document.ts'
import { quote } from './quote.ts'
import { readEventObject } from './read-event-object.ts'
import { rejectInvalid } from './reject-invalid.ts'
import { scanJsonValue } from './scan-json-value.ts'
import { skipJsonSpace } from './skip-json-space.ts'
import { stringAttribute } from './string-attribute.ts'

/** A member of a batch: an event, or the Problem `event-invalid` that says why it is none. */
export type BatchMember = CloudEvent | Problem

/**
 * Reads the members of a batch in JSON format, a JSON array of events, which may be empty (JSON
 * format 1.0.2, section 4), each by itself. All have the same `specversion`, which is that of the
 * first that is valid. All of them together list at most 1000 violations.
 *
 * Throws the Problem `event-invalid` where the text is not a JSON array: then nothing can be said
 * about its members; and `event-too-large` as soon as there are more than `maxBatchEvents`.
 */
export function readBatchMembers(body: Uint8Array, maxBatchEvents: number): BatchMember[] {
  const document = openJsonDocument(body)
  const { bytes } = document
  const members: BatchMember[] = []
  let at = skipJsonSpace(bytes, 0)
  if (bytes[at] !== 0x5b) refuseOther(bytes, at)
  at = skipJsonSpace(bytes, at + 1)
  if (bytes[at] === 0x5d) {
    expectJsonEnd(bytes, at + 1)
    return members
  }
  let first: CloudEvent | undefined
  let room = MAX_VIOLATIONS
  for (let index = 0; ; index++) {
    if (index === maxBatchEvents) throw tooMany(maxBatchEvents)
    const findings: Findings = { violations: [], prefix: `/${index}/`, index }
    const { event, end } = readMember(document, at, findings)
    if (event !== undefined) checkVersion(event, first, findings)
    const problem = invalidEvent(findings.violations, room)
    if (problem !== undefined) {
      room -= problem.violations.length
      members.push(problem)
    } else if (event !== undefined) {
      first ??= event
      members.push(event)
    }
    at = skipJsonSpace(bytes, end)
    if (bytes[at] === 0x5d) break
    if (bytes[at] !== 0x2c) throw invalidJson(at)
    at = skipJsonSpace(bytes, at + 1)
  }
  expectJsonEnd(bytes, at + 1)
  return members
}

function refuseOther(bytes: Buffer, at: number): never {
  const end = scanJsonValue(bytes, at)
  if (end < 0) throw invalidJson(~end)
  expectJsonEnd(bytes, end)
  rejectInvalid([{ rule: 'J12', at: '', detail: 'must be a JSON array of events' }])
  throw invalidJson(at)
}

function readMember(
  document: JsonDocument,
  start: number,
  findings: Findings,
): { readonly event: CloudEvent | undefined; readonly end: number } {
  if (document.bytes[start] === 0x7b) return readEventObject(document, start, findings)
  const end = scanJsonValue(document.bytes, start)
  if (end < 0) throw invalidJson(~end)
  const at = findings.prefix.slice(0, -1)
  const { index = 0 } = findings
  findings.violations.push({ rule: 'J12', at, detail: 'must be a JSON object', index })
  return { event: undefined, end }
}

function checkVersion(event: CloudEvent, first: CloudEvent | undefined, findings: Findings): void {
  const version = stringAttribute(event, 'specversion')
  const expected = first && stringAttribute(first, 'specversion')
  if (version === undefined || expected === undefined || version === expected) return
  addViolation(
    findings,
    'N11',
    'specversion',
    `is ${quote(version)}, but ${quote(expected)} in the batch's first valid event`,
  )
}

function tooMany(maxBatchEvents: number): Problem {
  return new Problem(
    'event-too-large',
    `Cannot read the batch: it has more than ${maxBatchEvents} events; send several`,
  )
}
