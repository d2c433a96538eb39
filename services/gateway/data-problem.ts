import { Problem, type Violation } from '#problems/problem.ts'

/**
 * The Problem `data-invalid` for violations, one or more, of which the first is its detail. At most
 * `listed` of them are kept, the detail tells how many there were.
 */
export function dataProblem(violations: readonly Violation[], listed = violations.length): Problem {
  const [first] = violations
  const more = violations.length > 1 ? `, and ${violations.length - 1} more` : ''
  return new Problem(
    'data-invalid',
    `Cannot take the event: ${first?.at} ${first?.detail}${more}`,
    {
      violations: violations.slice(0, listed),
    },
  )
}
