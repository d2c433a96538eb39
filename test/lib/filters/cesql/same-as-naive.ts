import fc from 'fast-check'
import type { Value } from '#filters/cesql/value.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { evaluate } from './evaluate.ts'
import { evaluateNaively, likeNaively, type Tree } from './naive-evaluator.ts'
import { writeTree } from './write-tree.ts'

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

/**
 * Evaluates expressions of all kinds, and compares with the naive evaluator.
 * @returns how often each kind of value and of error was among them
 * @throws Error naming the smallest expression that comes out otherwise
 */
export function checkExpressions(seed: number, runs: number): ReadonlyMap<string, number> {
  const seen = new Map<string, number>()
  const count = (kind: string) => seen.set(kind, (seen.get(kind) ?? 0) + 1)
  const property = fc.property(tree, attributes, fc.nat(), (tree, given, seed) => {
    const random = seededRandom(seed)
    const expression = writeTree(tree, (below) => Math.floor(random() * below))
    const map = new Map(Object.entries({ id: 'i', ...given }))
    const expected = evaluateNaively(tree, map)
    const [value, ...errors] = evaluate(expression, map)
    for (const kind of expected.errors) count(kind)
    count(typeof expected.value)
    const actual = { value, errors }
    if (JSON.stringify(actual) !== JSON.stringify(expected)) {
      throw new Error(
        `${expression} is ${JSON.stringify(actual)}, expected ${JSON.stringify(expected)}`,
      )
    }
  })
  fc.assert(property, { seed, numRuns: runs })
  return seen
}

/**
 * Matches texts with patterns, and compares with a matcher that tries everything.
 * @returns how many matched
 * @throws Error naming the smallest pattern that says otherwise
 */
export function checkPatterns(seed: number, runs: number): number {
  const subject = fc.array(fc.constantFrom('a', 'a', 'a', 'b', '😀', '%'), { maxLength: 5 })
  const wild = fc.array(fc.constantFrom('a', 'b', '😀', '%', '%', '%a', '%a', '_', '\\%', '\\a'), {
    maxLength: 5,
  })
  let matched = 0
  const property = fc.property(subject, wild, (pieces, wild) => {
    const subject = pieces.join('')
    const pattern = wild.join('')
    const [value] = evaluate(`subject LIKE '${pattern}'`, new Map([['subject', subject]]))
    if (value === true) matched++
    if (value !== likeNaively(subject, pattern)) {
      throw new Error(`'${subject}' LIKE '${pattern}' is ${value}`)
    }
  })
  fc.assert(property, { seed, numRuns: runs })
  return matched
}
