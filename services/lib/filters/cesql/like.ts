import { asString } from './cast.ts'
import type { Evaluate } from './evaluation.ts'
import { LikePattern } from './like-pattern.ts'

/** `x LIKE pattern` or, if `isNegated`, `x NOT LIKE pattern`; any `x` is cast to a String. */
export function like(operand: Evaluate, pattern: string, isNegated: boolean): Evaluate {
  const compiled = new LikePattern(pattern)
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = operand(evaluation)
    if (evaluation.errors.length !== length) return false
    const matches = compiled.matches(asString(x), evaluation)
    return matches !== undefined && matches !== isNegated
  }
}
