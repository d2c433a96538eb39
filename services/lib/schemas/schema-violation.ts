import type { DefinedError } from 'ajv'
import type { Violation } from '#problems/problem.ts'

/** The longest `at` and `detail`, in UTF-16 units: both may hold names that the sender chose. */
export const MAX_TEXT = 256

/** A validator's error as a violation: the keyword, a JSON pointer that begins with `/data`, and why. */
export function schemaViolation(error: DefinedError): Violation {
  return {
    rule: error.keyword,
    at: bounded(`/data${error.instancePath}`),
    detail: bounded(`${error.message ?? 'does not match'}${particulars(error)}`),
  }
}

/** Text of at most `MAX_TEXT` units; a character is not cut in half. */
export function bounded(text: string): string {
  return text.length <= MAX_TEXT ? text : `${text.slice(0, MAX_TEXT - 1).toWellFormed()}…`
}

/** What the validator's message leaves out. */
function particulars(error: DefinedError): string {
  switch (error.keyword) {
    case 'additionalProperties':
      return `: ${JSON.stringify(error.params.additionalProperty)}`
    case 'unevaluatedProperties':
      return `: ${JSON.stringify(error.params.unevaluatedProperty)}`
    case 'enum':
      return `: ${error.params.allowedValues.map((value) => JSON.stringify(value)).join(', ')}`
    case 'const':
      return `: ${JSON.stringify(error.params.allowedValue)}`
    default:
      return ''
  }
}
