import { integerOf } from './cast.ts'
import type { CesqlError } from './cesql-error.ts'
import type { Evaluate, Evaluation } from './evaluation.ts'
import type { ArithmeticOperator } from './node.ts'
import { isInteger } from './value.ts'

const DIVISION_BY_ZERO: CesqlError = { kind: 'math', message: 'division by zero' }
const OVERFLOW: CesqlError = { kind: 'math', message: 'the result has more than 32 bits' }

/**
 * Two Integers make one. Division rounds towards 0, and the remainder has the sign of the dividend
 * (CESQL 1.0.0, section 3.4.2). A result of more than 32 bits is an error, as it is for ABS; the
 * specification leaves it open.
 */
export function arithmetic(
  operator: ArithmeticOperator,
  left: Evaluate,
  right: Evaluate,
): Evaluate {
  const calculate = CALCULATE[operator]
  const divides = operator === '/' || operator === '%'
  return (evaluation) => {
    const { length } = evaluation.errors
    const operand = left(evaluation)
    const other = right(evaluation)
    // An operand without a value is no division by zero (section 3.2).
    if (evaluation.errors.length !== length) return 0
    const x = integerOf(operand, evaluation)
    const y = integerOf(other, evaluation)
    if (evaluation.errors.length !== length) return 0
    if (divides && y === 0) evaluation.fail(DIVISION_BY_ZERO)
    else return within32Bits(calculate(x, y), evaluation)
    return 0
  }
}

/** `-x` */
export function negate(operand: Evaluate): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const value = operand(evaluation)
    if (evaluation.errors.length !== length) return 0
    const x = integerOf(value, evaluation)
    return within32Bits(-x, evaluation)
  }
}

const CALCULATE: Readonly<Record<ArithmeticOperator, (x: number, y: number) => number>> = {
  '+': (x, y) => x + y,
  '-': (x, y) => x - y,
  '*': (x, y) => x * y,
  '/': (x, y) => Math.trunc(x / y),
  '%': (x, y) => x % y,
}

function within32Bits(result: number, evaluation: Evaluation): number {
  // There is no negative zero in the language.
  if (isInteger(result)) return result | 0
  evaluation.fail(OVERFLOW)
  return 0
}
