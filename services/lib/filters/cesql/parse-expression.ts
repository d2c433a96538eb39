import {
  type ArithmeticOperator,
  type ComparisonOperator,
  type Expression,
  type LogicOperator,
  type Node,
  operandsOf,
} from './node.ts'
import { quote } from './quote.ts'
import { type Refusal, Refused } from './refusal.ts'
import { TokenReader } from './token-reader.ts'
import { type Token, tokenize } from './tokenize.ts'
import { isInteger, MAX_INTEGER, MIN_INTEGER } from './value.ts'

/** UTF-16 units in an expression. */
export const MAX_LENGTH = 65_536
/** Parentheses, argument lists and prefix operators inside one another. */
export const MAX_NESTING = 100
/** Operators one above the other, which includes those of a chain such as `a OR b OR c`. */
export const MAX_HEIGHT = 1000
/** Arguments of one function, and elements of one set. */
export const MAX_OPERANDS = 1000

export type Parsed =
  | { readonly kind: 'expression'; readonly root: Node }
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/**
 * Reads an expression (CESQL 1.0.0, section 2). Work grows with the text's length alone. Takes any
 * text; never throws.
 */
export function parseExpression(text: string): Parsed {
  try {
    if (text.length > MAX_LENGTH) {
      throw new Refused(MAX_LENGTH, `${text.length} characters`, `at most ${MAX_LENGTH}`)
    }
    if (!text.isWellFormed()) {
      throw new Refused(firstLoneSurrogate(text), 'half a character', 'Unicode text')
    }
    return { kind: 'expression', root: parseTokens(tokenize(text)) }
  } catch (error) {
    if (error instanceof Refused) return { kind: 'refused', refusal: error.in(text) }
    throw error
  }
}

/**
 * Reads an expression from its tokens, looking at each a few times at most.
 * @throws Refused where they are none
 */
export function parseTokens(tokens: readonly Token[]): Node {
  return new Parser(tokens).parse()
}

function firstLoneSurrogate(text: string): number {
  let at = 0
  for (const character of text) {
    if (!character.isWellFormed()) break
    at += character.length
  }
  return at
}

const DIGITS = /^[0-9]+$/
const ATTRIBUTE_NAME = /^[a-z0-9]+$/
const FUNCTION_NAME = /^[A-Za-z][A-Za-z_]*$/

/**
 * How strongly binary operators bind (section 3.6). AND, OR and XOR bind alike, and from left to
 * right, as the text has it; the grammar beside it reads them from right to left.
 */
const LOGIC = 1
const COMPARISON = 2
const SUM = 3
const PRODUCT = 4

type Infix =
  | { readonly kind: 'logic'; readonly operator: LogicOperator; readonly binds: number }
  | { readonly kind: 'comparison'; readonly operator: ComparisonOperator; readonly binds: number }
  | { readonly kind: 'arithmetic'; readonly operator: ArithmeticOperator; readonly binds: number }

const INFIX: ReadonlyMap<string, Infix> = new Map<string, Infix>([
  ...(['AND', 'OR', 'XOR'] as const).map(
    (operator) => [operator, { kind: 'logic', operator, binds: LOGIC }] as const,
  ),
  ...(['=', '!=', '<', '<=', '>', '>='] as const).map(
    (operator) => [operator, { kind: 'comparison', operator, binds: COMPARISON }] as const,
  ),
  ['<>', { kind: 'comparison', operator: '!=', binds: COMPARISON }],
  ...(['+', '-'] as const).map(
    (operator) => [operator, { kind: 'arithmetic', operator, binds: SUM }] as const,
  ),
  ...(['*', '/', '%'] as const).map(
    (operator) => [operator, { kind: 'arithmetic', operator, binds: PRODUCT }] as const,
  ),
])

const A_VALUE = 'a value: an attribute, a literal, a function, NOT, EXISTS, - or ('
const AN_OPERATOR = 'an operator'

class Parser {
  readonly #reader: TokenReader
  #nesting = 0

  constructor(tokens: readonly Token[]) {
    this.#reader = new TokenReader(tokens)
  }

  parse(): Node {
    const root = this.#expression(0)
    if (this.#reader.token.kind !== 'end') this.#reader.refuse(`${AN_OPERATOR} or the end`)
    return root
  }

  /** An operand and what follows it, as long as that binds more strongly than `binds`. */
  #expression(binds: number): Node {
    const reader = this.#reader
    let left = this.#operand()
    for (;;) {
      const predicate = this.#predicate(left)
      if (predicate !== undefined) {
        left = predicate
        continue
      }
      const infix = INFIX.get(reader.keyword ?? reader.symbol ?? '')
      if (infix === undefined || infix.binds <= binds) return left
      reader.take()
      const right = this.#expression(infix.binds)
      left = withExtent({ ...infix, left, right }, left.start, right.end)
    }
  }

  /** LIKE and IN, which follow their operand and bind more strongly than what stands before it. */
  #predicate(operand: Node): Node | undefined {
    const reader = this.#reader
    const { start } = operand
    const isNegated = reader.takeKeyword('NOT')
    if (reader.takeKeyword('LIKE')) {
      if (reader.token.kind !== 'string') reader.refuse('a string for the pattern')
      const { text: pattern, end } = reader.take()
      return withExtent({ kind: 'like', operand, isNegated, pattern }, start, end)
    }
    if (reader.takeKeyword('IN')) {
      reader.takeSymbol('(', '( and the values to compare with')
      const [elements, end] = this.#nested(() => this.#list(1))
      return withExtent({ kind: 'in', operand, isNegated, elements }, start, end)
    }
    if (isNegated) reader.refuse('LIKE or IN')
    return undefined
  }

  #operand(): Node {
    const { start } = this.#reader.token
    return this.#nested(() => this.#prefixed(start) ?? this.#word() ?? this.#string())
  }

  /** Everything that may contain itself is read in here. */
  #nested<T>(read: () => T): T {
    if (++this.#nesting > MAX_NESTING) {
      const { start } = this.#reader.token
      throw new Refused(start, 'too deep a nesting', `at most ${MAX_NESTING} levels`)
    }
    const result = read()
    this.#nesting--
    return result
  }

  #prefixed(start: number): Node | undefined {
    const reader = this.#reader
    if (reader.takeKeyword('NOT')) return this.#unary('not', start)
    if (reader.takeKeyword('EXISTS')) {
      if (!this.#isAttributeName()) reader.refuse('the name of an attribute')
      const { text: name, end } = reader.take()
      return withExtent({ kind: 'exists', name }, start, end)
    }
    if (reader.symbol === '-' || reader.symbol === '+') {
      const { token, next } = reader
      if (next?.start === token.end && next.kind === 'word' && DIGITS.test(next.text)) {
        reader.take()
        return this.#integer(token.text + next.text, start)
      }
      if (reader.symbol === '+') reader.refuse(A_VALUE)
      reader.take()
      return this.#unary('negate', start)
    }
    if (reader.symbol !== '(') return undefined
    reader.take()
    const inner = this.#expression(0)
    const { end } = reader.takeSymbol(')', `${AN_OPERATOR} or )`)
    return { ...inner, start, end }
  }

  #unary(kind: 'not' | 'negate', start: number): Node {
    const operand = this.#operand()
    return withExtent({ kind, operand }, start, operand.end)
  }

  #word(): Node | undefined {
    const reader = this.#reader
    const { keyword, next } = reader
    const { kind, text, start, end } = reader.token
    if (kind !== 'word') return undefined
    if (keyword === 'TRUE' || keyword === 'FALSE') {
      reader.take()
      return withExtent({ kind: 'literal', value: keyword === 'TRUE' }, start, end)
    }
    if (keyword !== undefined) reader.refuse(A_VALUE)
    if (DIGITS.test(text)) return this.#integer(text, start)
    if (next?.kind === 'symbol' && next.text === '(' && FUNCTION_NAME.test(text)) {
      reader.take()
      reader.take()
      const [operands, listEnd] = this.#list(0)
      return withExtent({ kind: 'call', name: text.toUpperCase(), operands }, start, listEnd)
    }
    if (!this.#isAttributeName()) reader.refuse('the name of an attribute: a-z and 0-9')
    reader.take()
    return withExtent({ kind: 'attribute', name: text }, start, end)
  }

  #string(): Node {
    if (this.#reader.token.kind !== 'string') this.#reader.refuse(A_VALUE)
    const { text, start, end } = this.#reader.take()
    return withExtent({ kind: 'literal', value: text }, start, end)
  }

  #integer(digits: string, start: number): Node {
    const value = Number(digits)
    if (!isInteger(value)) {
      throw new Refused(start, quote(digits), `an integer from ${MIN_INTEGER} to ${MAX_INTEGER}`)
    }
    const { end } = this.#reader.take()
    // There is no negative zero in the language.
    return withExtent({ kind: 'literal', value: value | 0 }, start, end)
  }

  /** What is between parentheses: the arguments of a function, or a set. */
  #list(atLeast: 0 | 1): readonly [nodes: readonly Node[], end: number] {
    const reader = this.#reader
    const nodes: Node[] = []
    if (atLeast === 0 && reader.symbol === ')') return [nodes, reader.take().end]
    for (;;) {
      if (nodes.length === MAX_OPERANDS) {
        throw new Refused(reader.token.start, 'one value more', `at most ${MAX_OPERANDS}`)
      }
      nodes.push(this.#expression(0))
      if (reader.symbol !== ',') break
      reader.take()
    }
    return [nodes, reader.takeSymbol(')', `${AN_OPERATOR}, "," or )`).end]
  }

  #isAttributeName(): boolean {
    const { token, keyword } = this.#reader
    return token.kind === 'word' && keyword === undefined && ATTRIBUTE_NAME.test(token.text)
  }
}

function withExtent(expression: Expression, start: number, end: number): Node {
  const node = { ...expression, start, end, height: 1 }
  for (const operand of operandsOf(node)) node.height = Math.max(node.height, operand.height + 1)
  if (node.height <= MAX_HEIGHT) return node
  throw new Refused(start, 'too long a chain', `at most ${MAX_HEIGHT} operators above one another`)
}
