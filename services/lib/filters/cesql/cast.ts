import type { Evaluation } from './evaluation.ts'
import { quote } from './quote.ts'
import { isInteger, type Value, type ValueType } from './value.ts'

const INTEGER = /^[+-]?[0-9]+$/
/** Strings up to here are not counted: no Integer needs more, but for leading zeros. */
const SHORT = 32

/** A value as one of another type, `undefined` where there is none (CESQL 1.0.0, section 3.7). */
export function castTo(type: ValueType, value: Value): Value | undefined {
  if (type === 'String') return asString(value)
  return type === 'Integer' ? asInteger(value) : asBoolean(value)
}

/** Every value has a String: the canonical one. */
export function asString(value: Value): string {
  return typeof value === 'string' ? value : String(value)
}

/** A value as an Integer. Where that cannot be, it is an error and 0. */
export function integerOf(value: Value, evaluation: Evaluation): number {
  if (typeof value === 'number') return value
  if (typeof value === 'string' && value.length > SHORT && !evaluation.spend(value.length)) return 0
  return asInteger(value) ?? failed(value, 'Integer', evaluation, 0)
}

/** A value as a Boolean. Where that cannot be, it is an error and false. */
export function booleanOf(value: Value, evaluation: Evaluation): boolean {
  if (typeof value === 'boolean') return value
  return asBoolean(value) ?? failed(value, 'Boolean', evaluation, false)
}

/** A value as one of the given type; `undefined`, and an error, where that cannot be. */
export function castOrFail(
  type: ValueType,
  value: Value,
  evaluation: Evaluation,
): Value | undefined {
  if (type === 'String') return asString(value)
  const before = evaluation.errors.length
  const cast = type === 'Integer' ? integerOf(value, evaluation) : booleanOf(value, evaluation)
  return evaluation.errors.length === before ? cast : undefined
}

function asInteger(value: Value): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value === 'boolean') return value ? 1 : 0
  if (!INTEGER.test(value)) return undefined
  const integer = Number(value)
  // There is no negative zero in the language.
  return isInteger(integer) ? integer | 0 : undefined
}

function asBoolean(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return value !== 0
  if (value.length > 5) return undefined
  const lower = value.toLowerCase()
  if (lower === 'true') return true
  return lower === 'false' ? false : undefined
}

function failed<T>(value: Value, type: ValueType, evaluation: Evaluation, zero: T): T {
  evaluation.fail({ kind: 'cast', message: `${quote(asString(value))} is no ${type}` })
  return zero
}
