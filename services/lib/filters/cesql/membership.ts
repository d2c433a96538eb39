import { castOrFail, castTo } from './cast.ts'
import type { Evaluate } from './evaluation.ts'
import { typeOf, type Value, type ValueType } from './value.ts'

/**
 * `x IN (…)` or, if `isNegated`, `x NOT IN (…)`: every element is evaluated, and cast to the type of
 * `x` (CESQL 1.0.0, sections 3.4.5 and 3.7).
 */
export function membership(
  operand: Evaluate,
  elements: readonly Evaluate[],
  isNegated: boolean,
): Evaluate {
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = operand(evaluation)
    const values = elements.map((element) => element(evaluation))
    if (evaluation.errors.length !== length) return false
    const type = typeOf(x)
    let isElement = false
    for (const value of values) {
      if (castOrFail(type, value, evaluation) === x) isElement = true
    }
    return evaluation.errors.length === length && isElement !== isNegated
  }
}

/** The same for a set of literals, with one look-up however many there are. */
export function literalMembership(
  operand: Evaluate,
  literals: readonly Value[],
  isNegated: boolean,
): Evaluate {
  const sets: Readonly<Record<ValueType, ReadonlySet<Value> | undefined>> = {
    String: setOf('String', literals),
    Integer: setOf('Integer', literals),
    Boolean: setOf('Boolean', literals),
  }
  const elements = literals.map((literal) => () => literal)
  return (evaluation) => {
    const { length } = evaluation.errors
    const x = operand(evaluation)
    if (evaluation.errors.length !== length) return false
    const set = sets[typeOf(x)]
    if (set !== undefined) return set.has(x) !== isNegated
    return membership(() => x, elements, isNegated)(evaluation)
  }
}

/** `undefined` where not all of them have a value of the type. */
function setOf(type: ValueType, literals: readonly Value[]): ReadonlySet<Value> | undefined {
  const set = new Set<Value>()
  for (const literal of literals) {
    const value = castTo(type, literal)
    if (value === undefined) return undefined
    set.add(value)
  }
  return set
}
