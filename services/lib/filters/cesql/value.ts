/** A value of the language; an Integer has 32 bits (CESQL 1.0.0, section 3.1). */
export type Value = string | number | boolean

export type ValueType = 'String' | 'Integer' | 'Boolean'

/** The attributes of an event by their names. URIs, timestamps and binary values are strings. */
export type Attributes = ReadonlyMap<string, Value>

export const MIN_INTEGER = -2147483648
export const MAX_INTEGER = 2147483647

const ZERO: Readonly<Record<ValueType, Value>> = { String: '', Integer: 0, Boolean: false }

/** What stands for "no value" of a type, beside the error that says why (section 3.1). */
export function zeroOf(type: ValueType): Value {
  return ZERO[type]
}

export function typeOf(value: Value): ValueType {
  if (typeof value === 'string') return 'String'
  return typeof value === 'number' ? 'Integer' : 'Boolean'
}

/** Whether a number is an Integer of the language. */
export function isInteger(value: number): boolean {
  return Number.isInteger(value) && value >= MIN_INTEGER && value <= MAX_INTEGER
}
