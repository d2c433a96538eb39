import t from 'tap'
import { type Explanation, explainExpression } from '#filters/cesql/explain-expression.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import { ATTRIBUTES } from './evaluate.ts'

function explain(text: string): Explanation {
  const parsed = parseExpression(text)
  if (parsed.kind === 'refused') throw new Error(`refused: ${text}`)
  return explainExpression(text, parsed.root, ATTRIBUTES)
}

/** An explanation in one line: what it was, and in brackets why. */
function line({ clause, value, errors, because }: Explanation): string {
  const why = because.length === 0 ? '' : ` [${because.map(line).join('; ')}]`
  const wrong = errors.length === 0 ? '' : ` (${errors.join(', ')})`
  return `${clause} → ${value}${wrong}${why}`
}

const rows: readonly (readonly [expression: string, explanation: string])[] = [
  ['TRUE', 'TRUE → true'],
  ['ttl', 'ttl → 10'],
  ['EXISTS subject', 'EXISTS subject → false'],
  ['hop  =  6', 'hop  =  6 → false [hop → 5]'],
  ['hop = 5 AND ttl = 9', 'hop = 5 AND ttl = 9 → false [ttl = 9 → false [ttl → 10]]'],
  [
    'hop = 5 AND ttl = 10',
    'hop = 5 AND ttl = 10 → true [hop = 5 → true [hop → 5]; ttl = 10 → true [ttl → 10]]',
  ],
  ['hop = 6 AND 1 / 0 = 1', 'hop = 6 AND 1 / 0 = 1 → false [hop = 6 → false [hop → 5]]'],
  ['sampled OR missing', 'sampled OR missing → true [sampled → true]'],
  ['hop = 6 OR sampled', 'hop = 6 OR sampled → true [sampled → true]'],
  [
    'hop = 6 OR ttl = 9',
    'hop = 6 OR ttl = 9 → false [hop = 6 → false [hop → 5]; ttl = 9 → false [ttl → 10]]',
  ],
  ['FALSE AND sampled', 'FALSE AND sampled → false'],
  ['NOT (hop = 5)', 'NOT (hop = 5) → false [(hop = 5) → true [hop → 5]]'],
  ['sampled XOR sampled', 'sampled XOR sampled → false [sampled → true; sampled → true]'],
  [`type NOT LIKE 'com.%'`, `type NOT LIKE 'com.%' → false [type → com.example.order.created]`],
  ['ttl IN (hop, 7)', 'ttl IN (hop, 7) → false [ttl → 10; hop → 5]'],
  [
    'LENGTH(hop) + 1 > 5',
    'LENGTH(hop) + 1 > 5 → false [LENGTH(hop) + 1 → 2 [LENGTH(hop) → 1 [hop → 5]]]',
  ],
  [
    `missing = 'x' OR sampled`,
    `missing = 'x' OR sampled → false [missing = 'x' → false [missing → undefined (the event has no attribute missing)]]`,
  ],
  [
    'hop / (ttl - 10) > 1',
    'hop / (ttl - 10) > 1 → false [hop / (ttl - 10) → 0 (division by zero) [hop → 5; (ttl - 10) → 0 [ttl → 10]]]',
  ],
  [
    'type + 1',
    'type + 1 → 0 ("com.example.order.created" is no Integer) [type → com.example.order.created]',
  ],
]

t.test('explainExpression() names the parts that decided, with their values', async (t) => {
  for (const [expression, explanation] of rows) {
    t.equal(line(explain(expression)), explanation, expression)
  }
})

t.test('explainExpression() cuts long parts', async (t) => {
  const { clause } = explain(`type = '${'x'.repeat(500)}'`)

  t.equal(clause.length, 201)
  t.match(clause, /…$/)
})

t.test('explainExpression() explains a chain as long as it may be', async (t) => {
  const explained = explain(`sampled${' AND sampled'.repeat(999)}`)

  t.equal(explained.value, true)
  t.equal(explained.because.length, 2)
})
