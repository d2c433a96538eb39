import type { Violation } from '#problems/problem.ts'
import { invalidEvent } from './invalid-event.ts'

/** Throws the Problem `event-invalid` with `violations`, where there are any. */
export function rejectInvalid(violations: readonly Violation[]): void {
  const problem = invalidEvent(violations)
  if (problem !== undefined) throw problem
}
