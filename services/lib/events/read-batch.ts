import { Problem } from '#problems/problem.ts'
import type { CloudEvent } from './event.ts'
import type { Findings } from './findings.ts'
import { readBatchMembers } from './read-batch-members.ts'
import { rejectInvalid } from './reject-invalid.ts'

/**
 * Reads a batch in JSON format (JSON format 1.0.2, section 4), which may be empty. All or nothing:
 * one event that is not valid makes the batch invalid.
 *
 * Throws the Problem `event-invalid` with the violations of every event, each with the event's
 * index, and `event-too-large` where there are more than `maxBatchEvents` events.
 */
export function readBatch(body: Uint8Array, maxBatchEvents: number): readonly CloudEvent[] {
  const events: CloudEvent[] = []
  const violations: Findings['violations'] = []
  for (const member of readBatchMembers(body, maxBatchEvents)) {
    if (member instanceof Problem) violations.push(...member.violations)
    else events.push(member)
  }
  rejectInvalid(violations)
  return events
}
