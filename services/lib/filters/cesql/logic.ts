import { booleanOf } from './cast.ts'
import type { Evaluate } from './evaluation.ts'

/** The right operand is not evaluated if the left one is false; one with an error counts as false. */
export function and(left: Evaluate, right: Evaluate): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = left(evaluation)
    if (evaluation.errors.length !== length || !booleanOf(x, evaluation)) return false
    const y = right(evaluation)
    return evaluation.errors.length === length && booleanOf(y, evaluation)
  }
}

/** The right operand is not evaluated if the left one is true; one with an error counts as false. */
export function or(left: Evaluate, right: Evaluate): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = left(evaluation)
    if (evaluation.errors.length === length && booleanOf(x, evaluation)) return true
    const y = right(evaluation)
    return evaluation.errors.length === length && booleanOf(y, evaluation)
  }
}

/** Both operands are always evaluated. */
export function xor(left: Evaluate, right: Evaluate): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = left(evaluation)
    const y = right(evaluation)
    if (evaluation.errors.length !== length) return false
    const isSo = booleanOf(x, evaluation) !== booleanOf(y, evaluation)
    return isSo && evaluation.errors.length === length
  }
}

export function not(operand: Evaluate): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = operand(evaluation)
    if (evaluation.errors.length !== length) return false
    const isSo = !booleanOf(x, evaluation)
    return isSo && evaluation.errors.length === length
  }
}
