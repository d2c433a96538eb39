import t from 'tap'
import { missingFunctions } from '#filters/cesql/missing-functions.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'

const rows: readonly (readonly [expression: string, missing: readonly string[]])[] = [
  [`LENGTH(CONCAT(type, 'a')) > SUBSTRING(id, 1, 2)`, []],
  ['LENGHT(type)', ['LENGHT of 1 arguments']],
  [
    'FALSE AND foo() IN (1, NOT bar(1, baz(2)))',
    ['FOO of 0 arguments', 'BAR of 2 arguments', 'BAZ of 1 arguments'],
  ],
  ['foo(1) OR FOO(2) OR foo()', ['FOO of 1 arguments', 'FOO of 0 arguments']],
]

t.test('missingFunctions() names what is called and is not there, once', async (t) => {
  for (const [expression, missing] of rows) {
    const parsed = parseExpression(expression)

    if (parsed.kind === 'refused') throw new Error(`refused: ${expression}`)
    t.same(missingFunctions(parsed.root), missing, expression)
  }
})
