import t from 'tap'
import { evaluate } from './evaluate.ts'

const MIB = 1024 * 1024
const attributes = new Map([
  ['subject', 'x'.repeat(MIB)],
  ['digits', '0'.repeat(MIB)],
])

/** `count` times the expression, as the operands of one chain. */
const chain = (expression: string, operator: string, count: number) =>
  Array.from({ length: count }, () => expression).join(operator)

t.test('one look at the longest attribute is fine', async (t) => {
  t.same(evaluate('LENGTH(subject)', attributes), [MIB])
  t.same(evaluate(`LENGTH(CONCAT(subject, 'y'))`, attributes), [MIB + 1])
  t.same(evaluate('digits = 0', attributes), [true])
})

t.test('many looks at it are one error, at the first that is too many', async (t) => {
  t.same(evaluate(chain('LENGTH(subject)', ' + ', 900), attributes), [0, 'generic'])
  t.same(evaluate(chain('digits', ' + ', 900), attributes), [0, 'generic'])
  t.same(evaluate(chain(`subject LIKE '%y_z%'`, ' OR ', 900), attributes), [false, 'generic'])
})

t.test('a text longer than any string can be is an error', async (t) => {
  const list = chain('subject', ',', 1000)

  t.same(evaluate(`CONCAT(${list}) = ''`, attributes), [false, 'generic'])
  t.same(evaluate(`CONCAT_WS(subject, ${chain('1', ',', 999)}) = ''`, attributes), [
    false,
    'generic',
  ])
})
