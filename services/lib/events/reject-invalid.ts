import { Problem, type Violation } from '#problems/problem.ts'
import { printable } from './printable.ts'

/** Throws the Problem `event-invalid` with `violations`, where there are any. */
export function rejectInvalid(violations: readonly Violation[]): void {
  const first = violations[0]
  if (first === undefined) return
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : ''
  const where = first.at === '' ? 'the body' : printable(first.at)
  throw new Problem('event-invalid', `Cannot read the event: ${where} ${first.detail}${more}`, {
    violations,
  })
}
