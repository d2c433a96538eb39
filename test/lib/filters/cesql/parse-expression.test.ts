import t from 'tap'
import {
  MAX_HEIGHT,
  MAX_LENGTH,
  MAX_NESTING,
  MAX_OPERANDS,
  parseExpression,
  parseTokens,
} from '#filters/cesql/parse-expression.ts'
import { describeRefusal, Refused } from '#filters/cesql/refusal.ts'
import { type Token, tokenize } from '#filters/cesql/tokenize.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { evaluate } from './evaluate.ts'

const A_VALUE = 'a value: an attribute, a literal, a function, NOT, EXISTS, - or ('

const refused: readonly (readonly [
  text: string,
  place: string,
  found: string,
  expected: string,
])[] = [
  ['', '1:1', 'the end', A_VALUE],
  [' \n\t', '2:2', 'the end', A_VALUE],
  ['1 +', '1:4', 'the end', A_VALUE],
  ['1 + * 2', '1:5', '"*"', A_VALUE],
  ['+x', '1:1', '"+"', A_VALUE],
  ['+ 5', '1:1', '"+"', A_VALUE],
  ['a = = b', '1:5', '"="', A_VALUE],
  ['a b', '1:3', '"b"', 'an operator or the end'],
  ['a )', '1:3', '")"', 'an operator or the end'],
  ['(a', '1:3', 'the end', 'an operator or )'],
  ['(a b', '1:4', '"b"', 'an operator or )'],
  ['()', '1:2', '")"', A_VALUE],
  ['AND', '1:1', '"AND"', A_VALUE],
  ['a AND', '1:6', 'the end', A_VALUE],
  ['a AND\n  or b', '2:3', '"or"', A_VALUE],
  [`'😀' = #`, '1:7', '"#"', A_VALUE],
  ['a & b', '1:3', '"&"', 'an operator or the end'],
  ['a = 😀', '1:5', '"😀"', A_VALUE],
  ['a\u00a0= 1', '1:2', '"\u00a0"', 'an operator or the end'],
  [`a = 'b`, '1:5', 'a string without an end', "a closing '"],
  [`a = "b'`, '1:5', 'a string without an end', 'a closing "'],
  [`a = 'b\\'`, '1:5', 'a string without an end', "a closing '"],
  [`'it''s'`, '1:5', 'the string "s"', 'an operator or the end'],
  ['a LIKE b', '1:8', '"b"', 'a string for the pattern'],
  ['a LIKE 5', '1:8', '"5"', 'a string for the pattern'],
  [`a LIKE ('b')`, '1:8', '"("', 'a string for the pattern'],
  [`a LIKE 'b`, '1:8', 'a string without an end', "a closing '"],
  ['a NOT b', '1:7', '"b"', 'LIKE or IN'],
  ['a NOT = b', '1:7', '"="', 'LIKE or IN'],
  ['a IN ()', '1:7', '")"', A_VALUE],
  ['a IN b', '1:6', '"b"', '( and the values to compare with'],
  ['a IN (1 2)', '1:9', '"2"', 'an operator, "," or )'],
  ['a IN (1,)', '1:9', '")"', A_VALUE],
  ['EXISTS', '1:7', 'the end', 'the name of an attribute'],
  ['EXISTS (a)', '1:8', '"("', 'the name of an attribute'],
  ['EXISTS Type', '1:8', '"Type"', 'the name of an attribute'],
  ['EXISTS true', '1:8', '"true"', 'the name of an attribute'],
  ['Type = 1', '1:1', '"Type"', 'the name of an attribute: a-z and 0-9'],
  ['my_attribute', '1:1', '"my_attribute"', 'the name of an attribute: a-z and 0-9'],
  ['F1(a)', '1:1', '"F1"', 'the name of an attribute: a-z and 0-9'],
  ['abc1(a)', '1:5', '"("', 'an operator or the end'],
  [`abc '('`, '1:5', 'the string "("', 'an operator or the end'],
  ['LENGTH(a', '1:9', 'the end', 'an operator, "," or )'],
  ['2147483648', '1:1', '"2147483648"', 'an integer from -2147483648 to 2147483647'],
  ['a = -2147483649', '1:5', '"-2147483649"', 'an integer from -2147483648 to 2147483647'],
  ['- 2147483648', '1:3', '"2147483648"', 'an integer from -2147483648 to 2147483647'],
  ["a = '\ud83d'", '1:6', 'half a character', 'Unicode text'],
]

t.test('parseExpression() says where a text stops being an expression, and why', async (t) => {
  for (const [text, place, found, expected] of refused) {
    const parsed = parseExpression(text)

    t.equal(parsed.kind, 'refused', text)
    if (parsed.kind !== 'refused') continue
    const { line, column, ...said } = parsed.refusal
    t.same([`${line}:${column}`, said], [place, { found, expected }], text)
  }
})

t.test('describeRefusal() makes a sentence of it', async (t) => {
  const parsed = parseExpression('a =\n  = b')

  t.equal(
    parsed.kind === 'refused' && describeRefusal(parsed.refusal),
    `line 2, column 3: found "=", expected ${A_VALUE}`,
  )
})

const repeat = (text: string, times: number) => text.repeat(times)

const bounds: readonly (readonly [name: string, write: (size: number) => string, most: number])[] =
  [
    ['parentheses', (size) => `${repeat('(', size - 1)}1${repeat(')', size - 1)}`, MAX_NESTING],
    ['NOT', (size) => `${repeat('NOT ', size - 1)}TRUE`, MAX_NESTING],
    ['minus', (size) => `${repeat('- ', size - 1)}hop`, MAX_NESTING],
    ['calls', (size) => `${repeat('ABS(', size - 1)}1${repeat(')', size - 1)}`, MAX_NESTING],
    ['sets', (size) => `${repeat('hop IN (', size - 1)}hop${repeat(')', size - 1)}`, MAX_NESTING],
    ['a chain of OR', (size) => `FALSE${repeat(' OR FALSE', size - 1)}`, MAX_HEIGHT],
    ['a chain of +', (size) => `0${repeat('+0', size - 1)}`, MAX_HEIGHT],
    ['a chain of LIKE', (size) => `0${repeat(" LIKE '0'", size - 1)}`, MAX_HEIGHT],
    ['arguments', (size) => `CONCAT(${repeat('hop,', size - 1)}hop)`, MAX_OPERANDS],
    ['elements', (size) => `hop IN (${repeat('hop,', size - 1)}hop)`, MAX_OPERANDS],
    ['characters', (size) => `${repeat(' ', size - 1)}1`, MAX_LENGTH],
  ]

for (const [name, write, most] of bounds) {
  t.test(`${name}: ${most} are evaluated, one more is refused`, async (t) => {
    const [, ...errors] = evaluate(write(most))
    const parsed = parseExpression(write(most + 1))

    t.same(errors, [])
    t.match(parsed, { kind: 'refused', refusal: { expected: /^at most \d+/ } })
  })
}

t.test('chains inside parentheses count together', async (t) => {
  const chain = repeat('+0', 400)

  t.equal(parseExpression(`((0${chain})${chain})`).kind, 'expression')
  t.equal(parseExpression(`(((0${chain})${chain})${chain})`).kind, 'refused')
})

const WORDS = [
  ...['AND', 'or', 'XOR', 'not', 'LIKE', 'EXISTS', 'in', 'TRUE', 'type', '1st', '12', 'LENGTH'],
  ...['LENGTH(', 'CONCAT_WS(', '(', '(', ')', ')', ',', '=', '!=', '<>', '<', '>=', '+', '-', '*'],
  ...['/', '%', "'a%'", '"b"', "'", '"', '\\', '😀', '\ud800', '\n', '\0', '_', '99999999999'],
]

/** Texts that are expressions here and there. */
function* rubbish(seed: number, count: number): Generator<string> {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const seeds = refused.map(([text]) => text)
  const whole = `(type LIKE 'com.%' OR NOT hop IN (1, '2')) AND LENGTH(CONCAT_WS(',', id, -5)) >= ABS(ttl) % 3`
  for (let i = 0; i < count; i++) {
    if (i % 3 === 0) {
      yield Array.from({ length: below(30) }, () => WORDS[below(WORDS.length)]).join(
        [' ', '', '\n'][below(3)],
      )
      continue
    }
    const base = i % 3 === 1 ? whole : (seeds[below(seeds.length)] ?? '')
    const at = below(base.length + 1)
    const cut = below(4)
    const put = WORDS[below(WORDS.length)] ?? ''
    const text = base.slice(0, at) + put + base.slice(at + cut)
    yield below(20) === 0 ? repeat(text, 1 + below(300)) : text
  }
}

t.test('any text is an expression or refused, with few looks at each of its tokens', async (t) => {
  const seen = { expression: 0, refused: 0 }

  for (const text of rubbish(20240613, 20_000)) {
    const parsed = parseExpression(text)

    seen[parsed.kind]++
    if (parsed.kind === 'refused') {
      const { line, column, found, expected } = parsed.refusal
      if (!(line > 0 && column > 0 && found && expected)) t.fail(`says nothing of ${text}`)
    } else evaluate(text)
    const { looks, tokens } = looksAt(text)
    if (looks > 20 * tokens) t.fail(`${looks} looks at ${tokens} tokens: ${text}`)
  }

  t.ok(seen.expression > 1000 && seen.refused > 1000, JSON.stringify(seen))
})

/** How often the parser looks at a token. */
function looksAt(text: string) {
  const tokens = tokenize(text)
  let looks = 0
  const counting = new Proxy(tokens, {
    get: (target, key) => {
      looks++
      return Reflect.get(target, key) as Token
    },
  })
  try {
    parseTokens(counting)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
  }
  return { looks, tokens: tokens.length }
}
