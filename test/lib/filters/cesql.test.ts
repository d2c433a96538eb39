import t from 'tap'
import type { CloudEvent } from '#events/event.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import { cesql } from '#filters/cesql.ts'
import { compileFilter } from '#filters/compile-filter.ts'
import type { FilterError, FilterSpec } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

const rows: readonly (readonly [expression: string, passes: boolean, error?: FilterError])[] = [
  [`type = 'com.example.order.created'`, true],
  [`type LIKE 'com.example.%' AND source IN ('/shop/berlin', '/shop/rome')`, true],
  ['count = 7 AND negative < 0 AND sampled', true],
  [`type = 'org.example'`, false],
  ['EXISTS subject', false],
  ['constructor = "mine"', true],
  ['blank', false, 'not-boolean'],
  [`'true'`, false, 'not-boolean'],
  ['1', false, 'not-boolean'],
  ['count', false, 'not-boolean'],
  ['sampled', true],
  ['subject', false, 'missing-attribute'],
  ['valueof = "mine"', false, 'missing-attribute'],
  [`subject != 'x'`, false, 'missing-attribute'],
  [`NOT (subject = 'x')`, false, 'missing-attribute'],
  [`sampled OR subject = 'x'`, true],
  ['1 / 0 = 0', false, 'math'],
  ['type > 5', false, 'cast'],
  ['FOO(type)', false, 'missing-function'],
  [`LEFT(type, -1) = type`, false, 'function-evaluation'],
  ['1 / 0 = missing', false, 'math'],
  ['type =', false, 'parse'],
]

function judge(spec: FilterSpec, event: CloudEvent = shopEvent) {
  const errors: FilterError[] = []
  const passes = compileFilter(spec, (error) => errors.push(error))(event)
  return [passes, ...errors]
}

t.test('cesql() passes what is true without an error, and tells the first error', async (t) => {
  for (const [expression, ...expected] of rows) {
    const errors: FilterError[] = []
    const filter = cesql(parseExpression(expression), (error) => errors.push(error))

    t.same([filter(shopEvent), ...errors], expected, expression)
    t.same([filter(shopEvent), ...errors.slice(1)], expected, `${expression}, once more`)
  }
})

t.test('an expression that fails passes nothing, so that "not" of it passes', async (t) => {
  const fails: FilterSpec = { cesql: `subject = 'x'` }
  const yes: FilterSpec = { exact: { id: '42' } }
  const no: FilterSpec = { exact: { id: '1' } }
  const table: readonly (readonly [FilterSpec, boolean, ...FilterError[]])[] = [
    [{ not: fails }, true, 'missing-attribute'],
    [{ not: { cesql: `NOT (subject = 'x')` } }, true, 'missing-attribute'],
    [{ not: { not: fails } }, false, 'missing-attribute'],
    [{ any: [fails, yes] }, true, 'missing-attribute'],
    [{ any: [yes, fails] }, true],
    [{ all: [fails, yes] }, false, 'missing-attribute'],
    [{ all: [no, fails] }, false],
    [{ all: [{ not: { any: [fails, no] } }, yes] }, true, 'missing-attribute'],
  ]

  for (const [spec, ...expected] of table) t.same(judge(spec), expected, JSON.stringify(spec))
})
