import { asString, castOrFail, integerOf } from './cast.ts'
import type { CesqlError } from './cesql-error.ts'
import type { Evaluate } from './evaluation.ts'
import { type BuiltIn, findFunction } from './functions.ts'
import { type Value, zeroOf } from './value.ts'

/**
 * The call of a function. One that is not there is false and an error, and its arguments are not
 * evaluated (CESQL 1.0.0, section 3.5).
 */
export function call(name: string, operands: readonly Evaluate[]): Evaluate {
  const builtIn = findFunction(name, operands.length)
  if (builtIn !== undefined) return callOf(builtIn, operands)
  const error: CesqlError = {
    kind: 'missing-function',
    message: `there is no function ${name} of ${operands.length} arguments`,
  }
  return (evaluation) => {
    evaluation.fail(error)
    return false
  }
}

function callOf({ parameters, returns, apply }: BuiltIn, operands: readonly Evaluate[]): Evaluate {
  const zero = zeroOf(returns)
  return (evaluation) => {
    const { length } = evaluation.errors
    const values: Value[] = []
    for (const operand of operands) values.push(operand(evaluation))
    if (evaluation.errors.length !== length) return zero
    if (apply === undefined) return castOrFail(returns, values[0] ?? zero, evaluation) ?? zero
    const strings: string[] = []
    const integers: number[] = []
    let characters = 0
    for (let at = 0; at < values.length; at++) {
      const value = values[at] ?? zero
      // Beyond the parameters, arguments are Strings.
      if (parameters[at] === 'Integer') integers.push(integerOf(value, evaluation))
      else {
        const string = asString(value)
        strings.push(string)
        characters += string.length
      }
    }
    if (evaluation.errors.length !== length || !evaluation.spend(characters)) return zero
    return apply(strings, integers, evaluation)
  }
}
