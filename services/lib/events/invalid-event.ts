import { Problem, type Violation } from '#problems/problem.ts'
import { printable } from './printable.ts'

/**
 * The Problem `event-invalid` with `violations`, of which the first is its detail; `undefined`
 * where there are none. At most `listed` of them are kept, the detail tells how many there were.
 */
export function invalidEvent(
  violations: readonly Violation[],
  listed = violations.length,
): Problem | undefined {
  const first = violations[0]
  if (first === undefined) return undefined
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : ''
  const where = first.at === '' ? 'the body' : printable(first.at)
  return new Problem('event-invalid', `Cannot read the event: ${where} ${first.detail}${more}`, {
    violations: listed < violations.length ? violations.slice(0, listed) : violations,
  })
}
