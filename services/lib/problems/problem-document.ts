import type { EventOutcome } from './event-outcome.ts'
import { printable } from './printable.ts'
import { PROBLEMS, type Problem, type Violation } from './problem.ts'

/** How many violations an answer lists. */
export const MAX_VIOLATIONS = 1000

/** A violation's `at` and `detail`, in UTF-16 units: both may hold text of the request. */
const MAX_TEXT = 300

const MAX_DETAIL = 1000

const NON_ASCII = /[^\x20-\x7e]/g

/**
 * The problem as `application/problem+json` (RFC 9457): `type` is the address of its explanation
 * on the same server, `instance` is the request's id in the log. Nothing but ASCII, every text
 * bounded; the cause and the stack stay here.
 */
export function problemDocument(problem: Problem, instance: string): Buffer {
  return asciiJson({
    type: `/problems/${problem.type}`,
    title: PROBLEMS[problem.type].title,
    status: problem.status,
    detail: printable(problem.message, MAX_DETAIL),
    instance,
    ...violationMembers(problem),
    ...(problem.events !== undefined && { events: problem.events.map(described) }),
  })
}

/**
 * What became of each event of a batch, as a JSON array of `index`, `status`, and, where it was
 * rejected, its problem's `type`, `detail` and `violations`. Bounded as a problem is.
 */
export function outcomesDocument(outcomes: readonly EventOutcome[]): Buffer {
  return asciiJson(outcomes.map(described))
}

function described(outcome: EventOutcome): object {
  if (outcome.status !== 'rejected') return outcome
  const { index, status, problem } = outcome
  return {
    index,
    status,
    type: `/problems/${problem.type}`,
    detail: printable(problem.message, MAX_DETAIL),
    ...violationMembers(problem),
  }
}

function violationMembers({ violations }: Problem): object {
  return {
    ...(violations.length > 0 && {
      violations: violations.slice(0, MAX_VIOLATIONS).map(boundedViolation),
    }),
    ...(violations.length > MAX_VIOLATIONS && { violationsInAll: violations.length }),
  }
}

function boundedViolation({ rule, at, detail, index }: Violation): Violation {
  return {
    ...(index !== undefined && { index }),
    rule,
    at: printable(at, MAX_TEXT),
    detail: printable(detail, MAX_TEXT),
  }
}

function asciiJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value).replace(NON_ASCII, unicodeEscape), 'latin1')
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
