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
  const { violations } = problem
  const document = {
    type: `/problems/${problem.type}`,
    title: PROBLEMS[problem.type].title,
    status: problem.status,
    detail: printable(problem.message, MAX_DETAIL),
    instance,
    ...(violations.length > 0 && {
      violations: violations.slice(0, MAX_VIOLATIONS).map(boundedViolation),
    }),
    ...(violations.length > MAX_VIOLATIONS && { violationsInAll: violations.length }),
  }
  const text = JSON.stringify(document).replace(NON_ASCII, unicodeEscape)
  return Buffer.from(text, 'latin1')
}

function boundedViolation({ rule, at, detail, index }: Violation): Violation {
  return {
    ...(index !== undefined && { index }),
    rule,
    at: printable(at, MAX_TEXT),
    detail: printable(detail, MAX_TEXT),
  }
}

function unicodeEscape(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
}
