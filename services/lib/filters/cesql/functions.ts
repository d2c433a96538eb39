import type { CesqlError } from './cesql-error.ts'
import { countCharacters, sliceCharacters, trimWhiteSpace } from './characters.ts'
import type { Evaluation } from './evaluation.ts'
import { MAX_INTEGER, MIN_INTEGER, type Value, type ValueType } from './value.ts'

/** A function of the language. Its arguments are cast to the types of its parameters. */
export interface BuiltIn {
  readonly name: string
  readonly parameters: readonly ValueType[]
  /** Of any number of arguments after the others, which are Strings. */
  readonly isVariadic?: true
  readonly returns: ValueType
  /** Its value, from its String arguments and its Integer arguments in their order. */
  readonly apply?: (
    strings: readonly string[],
    integers: readonly number[],
    evaluation: Evaluation,
  ) => Value
}

/** The built-in functions (CESQL 1.0.0, section 3.5). Those without `apply` only cast. */
const BUILT_INS: readonly BuiltIn[] = [
  { name: 'INT', parameters: ['Integer'], returns: 'Integer' },
  { name: 'BOOL', parameters: ['Boolean'], returns: 'Boolean' },
  { name: 'STRING', parameters: ['String'], returns: 'String' },
  {
    name: 'LENGTH',
    parameters: ['String'],
    returns: 'Integer',
    apply: ([x = '']) => countCharacters(x),
  },
  {
    name: 'CONCAT',
    parameters: [],
    isVariadic: true,
    returns: 'String',
    apply: (strings) => strings.join(''),
  },
  {
    name: 'CONCAT_WS',
    parameters: ['String'],
    isVariadic: true,
    returns: 'String',
    apply: ([delimiter = '', ...strings], _, evaluation) =>
      evaluation.spend(delimiter.length * strings.length) ? strings.join(delimiter) : '',
  },
  {
    name: 'LOWER',
    parameters: ['String'],
    returns: 'String',
    apply: ([x = '']) => x.toLowerCase(),
  },
  {
    name: 'UPPER',
    parameters: ['String'],
    returns: 'String',
    apply: ([x = '']) => x.toUpperCase(),
  },
  {
    name: 'TRIM',
    parameters: ['String'],
    returns: 'String',
    apply: ([x = '']) => trimWhiteSpace(x),
  },
  { name: 'LEFT', parameters: ['String', 'Integer'], returns: 'String', apply: left },
  { name: 'RIGHT', parameters: ['String', 'Integer'], returns: 'String', apply: right },
  { name: 'SUBSTRING', parameters: ['String', 'Integer'], returns: 'String', apply: substring },
  {
    name: 'SUBSTRING',
    parameters: ['String', 'Integer', 'Integer'],
    returns: 'String',
    apply: substring,
  },
  { name: 'ABS', parameters: ['Integer'], returns: 'Integer', apply: abs },
]

/** The function of this name, in upper case, for so many arguments, if there is one. */
export function findFunction(name: string, count: number): BuiltIn | undefined {
  return BUILT_INS.find(
    (each) =>
      each.name === name &&
      (each.isVariadic ? count >= each.parameters.length : count === each.parameters.length),
  )
}

const OVERFLOW: CesqlError = { kind: 'math', message: `ABS(${MIN_INTEGER}) is no Integer` }

function wrong(name: string, message: string): CesqlError {
  return { kind: 'function-evaluation', message: `${name}: ${message}` }
}

const LEFT_NEGATIVE = wrong('LEFT', 'the number of characters is negative')
const RIGHT_NEGATIVE = wrong('RIGHT', 'the number of characters is negative')
const OUTSIDE = wrong('SUBSTRING', 'the position is beyond the ends of the text')
const LENGTH_NEGATIVE = wrong('SUBSTRING', 'the length is negative')

function left([x = '']: readonly string[], [y = 0]: readonly number[], evaluation: Evaluation) {
  if (y >= 0) return sliceCharacters(x, 0, y)
  evaluation.fail(LEFT_NEGATIVE)
  return x
}

function right([x = '']: readonly string[], [y = 0]: readonly number[], evaluation: Evaluation) {
  if (y >= 0) return sliceCharacters(x, Math.max(countCharacters(x) - y, 0), x.length)
  evaluation.fail(RIGHT_NEGATIVE)
  return x
}

function substring(
  [x = '']: readonly string[],
  [position = 0, length = MAX_INTEGER]: readonly number[],
  evaluation: Evaluation,
) {
  const count = countCharacters(x)
  if (position > count || position < -count || length < 0) {
    evaluation.fail(length < 0 ? LENGTH_NEGATIVE : OUTSIDE)
    return ''
  }
  if (position === 0) return ''
  const start = position > 0 ? position - 1 : count + position
  return sliceCharacters(x, start, start + length)
}

function abs(_: readonly string[], [x = 0]: readonly number[], evaluation: Evaluation) {
  if (x !== MIN_INTEGER) return Math.abs(x)
  evaluation.fail(OVERFLOW)
  return MAX_INTEGER
}
