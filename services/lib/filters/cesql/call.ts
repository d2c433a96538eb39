import { asString, castOrFail, integerOf } from './cast.ts'
import type { CesqlError } from './cesql-error.ts'
import type { Evaluate, Evaluation } from './evaluation.ts'
import { type BuiltIn, findFunction } from './functions.ts'
import { type Value, type ValueType, zeroOf } from './value.ts'

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
    const values = operands.map((operand) => operand(evaluation))
    if (evaluation.errors.length !== length) return zero
    if (apply === undefined) return castOrFail(returns, values[0] ?? zero, evaluation) ?? zero
    const [strings, integers] = castArguments(values, parameters, evaluation)
    if (evaluation.errors.length !== length) return zero
    const characters = strings.reduce((sum, { length }) => sum + length, 0)
    return evaluation.spend(characters) ? apply(strings, integers, evaluation) : zero
  }
}

/** Beyond the parameters, arguments are Strings. */
function castArguments(
  values: readonly Value[],
  parameters: readonly ValueType[],
  evaluation: Evaluation,
): readonly [strings: readonly string[], integers: readonly number[]] {
  const strings: string[] = []
  const integers: number[] = []
  for (const [at, value] of values.entries()) {
    if (parameters[at] === 'Integer') integers.push(integerOf(value, evaluation))
    else strings.push(asString(value))
  }
  return [strings, integers]
}
