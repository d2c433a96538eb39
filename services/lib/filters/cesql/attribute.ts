import type { CesqlError } from './cesql-error.ts'
import type { Evaluate } from './evaluation.ts'
import { isInteger } from './value.ts'

/** Every valid event has them (CESQL 1.0.0, section 3.4.4). */
const REQUIRED = new Set(['id', 'source', 'specversion', 'type'])

/**
 * The value of an attribute. Alone, a missing one is false; an operator or function that has it for
 * an operand is the zero value of its own type instead (CESQL 1.0.0, section 3.2).
 */
export function attribute(name: string): Evaluate {
  const missing: CesqlError = {
    kind: 'missing-attribute',
    message: `the event has no attribute ${name}`,
  }
  return (evaluation) => {
    const value = evaluation.attributes.get(name)
    if (value === undefined) {
      evaluation.fail(missing)
      return false
    }
    // What is of no type of the language is a String.
    return typeof value === 'number' && !isInteger(value) ? String(value) : value
  }
}

/** Whether the event has an attribute. */
export function exists(name: string): Evaluate {
  if (REQUIRED.has(name)) return () => true
  return (evaluation) => evaluation.attributes.has(name)
}
