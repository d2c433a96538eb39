import { Problem } from '#problems/problem.ts'
import { addViolation } from './add-violation.ts'
import type { CloudEvent } from './event.ts'
import { expectJsonEnd } from './expect-json-end.ts'
import type { Findings } from './findings.ts'
import { invalidJson } from './invalid-json.ts'
import { openJsonDocument } from './json-document.ts'
import { quote } from './quote.ts'
import { readEventObject } from './read-event-object.ts'
import { rejectInvalid } from './reject-invalid.ts'
import { scanJsonValue } from './scan-json-value.ts'
import { skipJsonSpace } from './skip-json-space.ts'
import { stringAttribute } from './string-attribute.ts'

/**
 * Reads a batch in JSON format, a JSON array of events, which may be empty (JSON format 1.0.2,
 * section 4). All or nothing: one event that is not valid makes the batch invalid. All of them
 * have the same `specversion`.
 *
 * Throws the Problem `event-invalid` with every violation of every event, each with the event's
 * index, and `event-too-large` as soon as there are more than `maxBatchEvents` events.
 */
export function readBatch(body: Uint8Array, maxBatchEvents: number): readonly CloudEvent[] {
  const document = openJsonDocument(body)
  const { bytes } = document
  const violations: Findings['violations'] = []
  const events: CloudEvent[] = []
  let at = skipJsonSpace(bytes, 0)
  if (bytes[at] !== 0x5b) {
    const end = scanJsonValue(bytes, at)
    if (end < 0) throw invalidJson(~end)
    expectJsonEnd(bytes, end)
    rejectInvalid([{ rule: 'J12', at: '', detail: 'must be a JSON array of events' }])
  }
  at = skipJsonSpace(bytes, at + 1)
  if (bytes[at] === 0x5d) {
    expectJsonEnd(bytes, at + 1)
    return events
  }
  for (let index = 0; ; index++) {
    if (index === maxBatchEvents) throw tooMany(maxBatchEvents)
    const findings: Findings = { violations, prefix: `/${index}/`, index }
    if (bytes[at] === 0x7b) {
      const { event, end } = readEventObject(document, at, findings)
      checkVersion(event, events[0], findings)
      events.push(event)
      at = end
    } else {
      at = scanJsonValue(bytes, at)
      if (at < 0) throw invalidJson(~at)
      violations.push({ rule: 'J12', at: `/${index}`, detail: 'must be a JSON object', index })
    }
    at = skipJsonSpace(bytes, at)
    if (bytes[at] === 0x5d) break
    if (bytes[at] !== 0x2c) throw invalidJson(at)
    at = skipJsonSpace(bytes, at + 1)
  }
  expectJsonEnd(bytes, at + 1)
  rejectInvalid(violations)
  return events
}

function checkVersion(event: CloudEvent, first: CloudEvent | undefined, findings: Findings): void {
  const version = stringAttribute(event, 'specversion')
  const expected = first && stringAttribute(first, 'specversion')
  if (version === undefined || expected === undefined || version === expected) return
  addViolation(
    findings,
    'N11',
    'specversion',
    `is ${quote(version)}, but ${quote(expected)} in the batch's first event`,
  )
}

function tooMany(maxBatchEvents: number): Problem {
  return new Problem(
    'event-too-large',
    `Cannot read the batch: it has more than ${maxBatchEvents} events; send several`,
  )
}
