import type { Value } from '#filters/cesql/value.ts'

/** An expression as a test makes it up: not what the parser builds. */
export type Tree =
  | { readonly literal: Value }
  | { readonly attribute: string }
  | { readonly exists: string }
  | { readonly prefix: 'NOT' | '-'; readonly of: Tree }
  | { readonly operator: string; readonly left: Tree; readonly right: Tree }
  | { readonly like: Tree; readonly pattern: string; readonly isNot: boolean }
  | { readonly in: Tree; readonly set: readonly Tree[]; readonly isNot: boolean }
  | { readonly call: string; readonly arguments: readonly Tree[] }

export interface Outcome {
  readonly value: Value
  /** Kinds, in the order they occur. */
  readonly errors: readonly string[]
}

type Type = 'String' | 'Integer' | 'Boolean'
type Attributes = ReadonlyMap<string, Value>

/**
 * Walks the tree and does what the sections of CESQL 1.0.0 say, one after the other, as simply as
 * can be and however slowly.
 */
export function evaluateNaively(tree: Tree, attributes: Attributes): Outcome {
  const evaluate = (each: Tree) => evaluateNaively(each, attributes)
  if ('literal' in tree) return good(tree.literal)
  if ('exists' in tree) return good(attributes.has(tree.exists))
  if ('attribute' in tree) {
    // 3.2: where the return type cannot be determined, it is Boolean.
    const value = attributes.get(tree.attribute)
    return value === undefined ? bad('Boolean', 'missing-attribute') : good(value)
  }
  if ('prefix' in tree) {
    const operand = evaluate(tree.of)
    if (tree.prefix === 'NOT') return given('Boolean', ['Boolean'], [operand], ([x]) => good(!x))
    return given('Integer', ['Integer'], [operand], ([x]) => integer(-Number(x)))
  }
  if ('like' in tree) {
    return given('Boolean', ['String'], [evaluate(tree.like)], ([x]) =>
      good(likeNaively(String(x), tree.pattern) !== tree.isNot),
    )
  }
  if ('in' in tree) {
    const x = evaluate(tree.in)
    // 3.7: the left operand's type is the one that the elements are cast to.
    const types = [x, ...tree.set].map(() => typeOf(x.value))
    return given('Boolean', types, [x, ...tree.set.map(evaluate)], ([left, ...elements]) =>
      good(elements.some((element) => element === left) !== tree.isNot),
    )
  }
  if ('call' in tree) return callNaively(tree.call, tree.arguments, evaluate)
  return operatorNaively(tree.operator, tree.left, tree.right, evaluate)
}

function operatorNaively(
  operator: string,
  leftTree: Tree,
  rightTree: Tree,
  evaluate: (tree: Tree) => Outcome,
): Outcome {
  const left = evaluate(leftTree)
  if (operator === 'AND' || operator === 'OR') {
    // 3.4.2: the right operand is not evaluated when the left one decides.
    const first = given('Boolean', ['Boolean'], [left], ([x]) => good(x as Value))
    if (operator === 'AND' && first.value === false) return first
    if (operator === 'OR' && first.value === true) return first
    const second = evaluate(rightTree)
    return given('Boolean', ['Boolean', 'Boolean'], [first, second], ([, y]) => good(y as Value))
  }
  const operands = [left, evaluate(rightTree)]
  const right = operands[1]?.value ?? false
  const ofIntegers = (type: Type, compute: (x: number, y: number) => Outcome) =>
    given(type, ['Integer', 'Integer'], operands, ([x, y]) => compute(Number(x), Number(y)))
  const isSo = (compare: (x: number, y: number) => boolean) =>
    ofIntegers('Boolean', (x, y) => good(compare(x, y)))
  switch (operator) {
    case 'XOR':
      return given('Boolean', ['Boolean', 'Boolean'], operands, ([x, y]) => good(x !== y))
    // 3.7: ambiguous, so the right operand's type is the one that the left one is cast to.
    case '=':
      return given('Boolean', [typeOf(right), typeOf(right)], operands, ([x, y]) => good(x === y))
    case '!=':
    case '<>':
      return given('Boolean', [typeOf(right), typeOf(right)], operands, ([x, y]) => good(x !== y))
    case '<':
      return isSo((x, y) => x < y)
    case '<=':
      return isSo((x, y) => x <= y)
    case '>':
      return isSo((x, y) => x > y)
    case '>=':
      return isSo((x, y) => x >= y)
    case '+':
      return ofIntegers('Integer', (x, y) => integer(x + y))
    case '-':
      return ofIntegers('Integer', (x, y) => integer(x - y))
    case '*':
      return ofIntegers('Integer', (x, y) => integer(BigInt(x) * BigInt(y)))
    case '/':
      return ofIntegers('Integer', (x, y) =>
        y === 0 ? bad('Integer', 'math') : integer(BigInt(x) / BigInt(y)),
      )
    default:
      return ofIntegers('Integer', (x, y) =>
        y === 0 ? bad('Integer', 'math') : integer(BigInt(x) % BigInt(y)),
      )
  }
}

const SIGNATURES: Readonly<Record<string, readonly [parameters: string, returns: Type]>> = {
  INT: ['I', 'Integer'],
  BOOL: ['B', 'Boolean'],
  STRING: ['S', 'String'],
  LENGTH: ['S', 'Integer'],
  CONCAT: ['*', 'String'],
  CONCAT_WS: ['S*', 'String'],
  LOWER: ['S', 'String'],
  UPPER: ['S', 'String'],
  TRIM: ['S', 'String'],
  LEFT: ['SI', 'String'],
  RIGHT: ['SI', 'String'],
  SUBSTRING: ['SI', 'String'],
  ABS: ['I', 'Integer'],
}
const TYPES: Readonly<Record<string, Type>> = { S: 'String', I: 'Integer', B: 'Boolean' }

function callNaively(
  name: string,
  trees: readonly Tree[],
  evaluate: (tree: Tree) => Outcome,
): Outcome {
  const [declared = '', returns = 'Boolean'] = SIGNATURES[name] ?? []
  let parameters = declared.replace(
    '*',
    'S'.repeat(Math.max(trees.length - declared.length + 1, 0)),
  )
  if (name === 'SUBSTRING' && trees.length === 3) parameters = 'SII'
  // 3.5: what cannot be dispatched is false.
  if (SIGNATURES[name] === undefined || parameters.length !== trees.length) {
    return bad('Boolean', 'missing-function')
  }
  const types = Array.from(parameters).map((letter) => TYPES[letter] as Type)
  return given(returns, types, trees.map(evaluate), (values) => apply(name, values))
}

function apply(name: string, values: readonly Value[]): Outcome {
  const [first = ''] = values
  const text = Array.from(String(first))
  const number = Number(values[1])
  const error = 'function-evaluation'
  if (name === 'LENGTH') return good(text.length)
  if (name === 'CONCAT') return good(values.join(''))
  if (name === 'CONCAT_WS') return good(values.slice(1).join(String(first)))
  if (name === 'LOWER') return good(String(first).toLowerCase())
  if (name === 'UPPER') return good(String(first).toUpperCase())
  if (name === 'TRIM')
    return good(
      String(first)
        .replace(/^\p{White_Space}+/u, '')
        .replace(/\p{White_Space}+$/u, ''),
    )
  if (name === 'ABS') {
    if (first === -2147483648) return { value: 2147483647, errors: ['math'] }
    return good(Math.abs(Number(first)))
  }
  if (name === 'LEFT' || name === 'RIGHT') {
    if (number < 0) return { value: first, errors: [error] }
    if (text.length <= number) return good(first)
    const isKept = (_: string, at: number) =>
      name === 'LEFT' ? at < number : at >= text.length - number
    return good(text.filter(isKept).join(''))
  }
  if (name !== 'SUBSTRING') return good(first)
  const length = values[2] === undefined ? text.length : Number(values[2])
  if (length < 0 || number > text.length || number < -text.length)
    return { value: '', errors: [error] }
  if (number === 0) return good('')
  const start = number > 0 ? number : text.length + number + 1
  return good(text.filter((_, at) => at + 1 >= start && at + 1 < start + length).join(''))
}

function good(value: Value): Outcome {
  return { value, errors: [] }
}

function bad(type: Type, error: string): Outcome {
  return { value: { String: '', Integer: 0, Boolean: false }[type], errors: [error] }
}

/** 3.3: an operator or function that meets an error has the zero value of its return type. */
function given(
  returns: Type,
  types: readonly Type[],
  operands: readonly Outcome[],
  compute: (values: readonly Value[]) => Outcome,
): Outcome {
  const zero = bad(returns, '').value
  const before = operands.flatMap(({ errors }) => errors)
  if (before.length > 0) return { value: zero, errors: before }
  const casts = operands.map(({ value }, at) => castNaively(value, types[at] as Type))
  const failed = casts.filter((cast) => cast === undefined)
  if (failed.length > 0) return { value: zero, errors: failed.map(() => 'cast') }
  return compute(casts as Value[])
}

/** 3.7, the table. */
function castNaively(value: Value, type: Type): Value | undefined {
  if (typeOf(value) === type) return value
  if (type === 'String') return `${value}`
  if (type === 'Boolean') {
    if (typeof value === 'number') return value !== 0
    const lower = String(value).toLowerCase()
    return lower === 'true' ? true : lower === 'false' ? false : undefined
  }
  if (typeof value === 'boolean') return value ? 1 : 0
  const digits = String(value).replace(/^[+-]/, '')
  if (digits === '' || Array.from(digits).some((each) => !'0123456789'.includes(each)))
    return undefined
  const sum = BigInt(digits) * (String(value).startsWith('-') ? -1n : 1n)
  return sum >= -2147483648n && sum <= 2147483647n ? Number(sum) : undefined
}

function typeOf(value: Value): Type {
  return ({ string: 'String', number: 'Integer', boolean: 'Boolean' } as const)[
    typeof value as 'string' | 'number' | 'boolean'
  ]
}

/** 3.1: an Integer has 32 bits. */
function integer(value: number | bigint): Outcome {
  const number = Number(value)
  if (number < -2147483648 || number > 2147483647) return bad('Integer', 'math')
  return good(number === 0 ? 0 : number)
}

/** 3.4.3, trying everything. */
export function likeNaively(text: string, pattern: string): boolean {
  return matches(Array.from(text), Array.from(pattern))
}

function matches(text: readonly string[], pattern: readonly string[]): boolean {
  const [wanted, next] = pattern
  if (wanted === undefined) return text.length === 0
  if (wanted === '%') {
    return matches(text, pattern.slice(1)) || (text.length > 0 && matches(text.slice(1), pattern))
  }
  if (wanted === '\\' && (next === '%' || next === '_')) {
    return text[0] === next && matches(text.slice(1), pattern.slice(2))
  }
  if (text.length === 0 || (wanted !== '_' && wanted !== text[0])) return false
  return matches(text.slice(1), pattern.slice(1))
}
