import fc from 'fast-check'
import t from 'tap'
import { compileExpression } from '#filters/cesql/compile-expression.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import type { Value } from '#filters/cesql/value.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { evaluateNaively, likeNaively, type Tree } from './naive-evaluator.ts'
import { writeTree } from './write-tree.ts'

const SEED = 20240613
const RUNS = 6000

const piece = fc.constantFrom(
  ...['a', 'b', 'A', '1', '-5', '+07', 'true', 'FALSE', '%', '_', ' ', "'", '"', 'é', 'ß', '😀'],
  ...['\\n', '\u0085', '\ufeff', '2147483648', ''],
)
const text = fc.array(piece, { maxLength: 4 }).map((pieces) => pieces.join(''))
const integer = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-2147483648, 2147483647, 65536, 10),
)
const value: fc.Arbitrary<Value> = fc.oneof(text, integer, fc.boolean())
const name = fc.constantFrom('a', 'b', 'n', '1st', 'id', 'subject')
const attributes = fc.dictionary(name, value, { noNullPrototype: true })
const pattern = fc
  .array(fc.constantFrom('%', '_', '\\%', '\\_', 'a', 'b', '1', '-', 'é', '😀', '\\n', ' '), {
    maxLength: 6,
  })
  .map((pieces) => pieces.join(''))
const operator = fc.constantFrom(
  ...['AND', 'OR', 'XOR', '=', '!=', '<>', '<', '<=', '>', '>=', '+', '-', '*', '/', '%'],
)
const functionName = fc.constantFrom(
  ...['INT', 'BOOL', 'STRING', 'LENGTH', 'CONCAT', 'CONCAT_WS', 'LOWER', 'UPPER', 'TRIM', 'LEFT'],
  ...['RIGHT', 'SUBSTRING', 'SUBSTRING', 'ABS', 'NO_SUCH'],
)

const { tree } = fc.letrec<{ tree: Tree }>((tie) => {
  const sub = tie('tree')
  return {
    tree: fc.oneof(
      { maxDepth: 5, withCrossShrink: true },
      value.map((literal): Tree => ({ literal })),
      name.map((attribute): Tree => ({ attribute })),
      name.map((exists): Tree => ({ exists })),
      fc.record({ prefix: fc.constantFrom('NOT' as const, '-' as const), of: sub }),
      fc.record({ operator, left: sub, right: sub }),
      fc.record({ operator, left: sub, right: sub }),
      fc.record({ like: sub, pattern, isNot: fc.boolean() }),
      fc.record({
        in: sub,
        set: fc.array(sub, { minLength: 1, maxLength: 3 }),
        isNot: fc.boolean(),
      }),
      fc.record({ call: functionName, arguments: fc.array(sub, { maxLength: 3 }) }),
    ),
  }
})

function evaluate(text: string, attributes: ReadonlyMap<string, Value>) {
  const parsed = parseExpression(text)
  if (parsed.kind === 'refused') throw new Error(`refused: ${JSON.stringify(parsed.refusal)}`)
  const { value, errors } = compileExpression(parsed.root)(attributes)
  return { value, errors: errors.map(({ kind }) => kind) }
}

t.test('an expression has the value and the errors that the specification says', async (t) => {
  const seen = new Map<string, number>()
  const property = fc.property(tree, attributes, fc.nat(), (tree, given, seed) => {
    const random = seededRandom(seed)
    const expression = writeTree(tree, (below) => Math.floor(random() * below))
    const map = new Map(Object.entries({ id: 'i', ...given }))
    const expected = evaluateNaively(tree, map)
    const actual = evaluate(expression, map)
    for (const kind of expected.errors) seen.set(kind, (seen.get(kind) ?? 0) + 1)
    seen.set(typeof expected.value, (seen.get(typeof expected.value) ?? 0) + 1)
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(
        `${expression} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`,
      )
    }
  })

  fc.assert(property, { seed: SEED, numRuns: RUNS })

  for (const each of ['string', 'number', 'boolean', 'cast', 'math', 'missing-attribute']) {
    t.ok((seen.get(each) ?? 0) > RUNS / 100, `${each} was among them: ${seen.get(each)} times`)
  }
  t.ok((seen.get('function-evaluation') ?? 0) > 5, 'function-evaluation, too')
  t.ok((seen.get('missing-function') ?? 0) > 5, 'missing-function, too')
})

t.test('LIKE says what trying everything says', async () => {
  const few = fc.constantFrom('a', 'b', '😀', '%', '\\')
  const subject = fc.array(few, { maxLength: 8 }).map((pieces) => pieces.join(''))
  const wild = fc
    .array(fc.constantFrom('a', 'b', '😀', '%', '%', '_', '\\%', '\\_', '\\a'), { maxLength: 8 })
    .map((pieces) => pieces.join(''))
  const property = fc.property(subject, wild, (subject, wild) => {
    const attributes = new Map([['subject', subject]])
    const { value } = evaluate(`subject LIKE '${wild}'`, attributes)
    if (value !== likeNaively(subject, wild)) throw new Error(`${subject} LIKE ${wild}: ${value}`)
  })

  fc.assert(property, { seed: SEED, numRuns: RUNS })
})
