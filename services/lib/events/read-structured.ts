import type { CloudEvent } from './event.ts'
import { expectJsonEnd } from './expect-json-end.ts'
import type { Findings } from './findings.ts'
import { invalidJson } from './invalid-json.ts'
import { openJsonDocument } from './json-document.ts'
import { readEventObject } from './read-event-object.ts'
import { rejectInvalid } from './reject-invalid.ts'
import { scanJsonValue } from './scan-json-value.ts'
import { skipJsonSpace } from './skip-json-space.ts'

/**
 * Reads an event in JSON format (JSON format 1.0.2), the body of a request in structured content
 * mode. JSON data stays the bytes that arrived, as a view of `body`: its numbers, white space and
 * duplicate names included. The whole body has to be valid JSON, and no name of the event's own
 * object may be there twice.
 *
 * Throws the Problem `event-invalid` with every violation.
 */
export function readStructured(body: Uint8Array): CloudEvent {
  const document = openJsonDocument(body)
  const { bytes } = document
  const start = skipJsonSpace(bytes, 0)
  const findings: Findings = { violations: [], prefix: '/', index: undefined }
  if (bytes[start] !== 0x7b) {
    const end = scanJsonValue(bytes, start)
    if (end < 0) throw invalidJson(~end)
    expectJsonEnd(bytes, end)
    rejectInvalid([{ rule: 'J12', at: '', detail: 'must be a JSON object' }])
  }
  const { event, end } = readEventObject(document, start, findings)
  expectJsonEnd(bytes, end)
  rejectInvalid(findings.violations)
  return event
}
