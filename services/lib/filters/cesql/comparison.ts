import { castOrFail, integerOf } from './cast.ts'
import type { Evaluate } from './evaluation.ts'
import type { ComparisonOperator } from './node.ts'
import { typeOf } from './value.ts'

type Order = Exclude<ComparisonOperator, '=' | '!='>

/**
 * `=` or, if not `isEqual`, `!=`, whose left operand is cast to the type of the right one (CESQL
 * 1.0.0, section 3.7).
 */
export function equality(left: Evaluate, right: Evaluate, isEqual: boolean): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = left(evaluation)
    const y = right(evaluation)
    if (evaluation.errors.length !== length) return false
    if (typeof x === typeof y) return (x === y) === isEqual
    const cast = castOrFail(typeOf(y), x, evaluation)
    return cast !== undefined && (cast === y) === isEqual
  }
}

/** `<` and its like, which compare Integers only. */
export function order(operator: Order, left: Evaluate, right: Evaluate): Evaluate {
  const compare = COMPARE[operator]
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = left(evaluation)
    const y = right(evaluation)
    if (evaluation.errors.length !== length) return false
    const isSo = compare(integerOf(x, evaluation), integerOf(y, evaluation))
    return isSo && evaluation.errors.length === length
  }
}

const COMPARE: Readonly<Record<Order, (x: number, y: number) => boolean>> = {
  '<': (x, y) => x < y,
  '<=': (x, y) => x <= y,
  '>': (x, y) => x > y,
  '>=': (x, y) => x >= y,
}
