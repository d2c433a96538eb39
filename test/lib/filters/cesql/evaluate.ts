import { compileExpression } from '#filters/cesql/compile-expression.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import { describeRefusal } from '#filters/cesql/refusal.ts'
import type { Value } from '#filters/cesql/value.ts'

/** Attributes of the events in the tables. There is no `missing`, and no `subject`. */
export const ATTRIBUTES: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['specversion', '1.0'],
  ['id', 'e-1'],
  ['source', 'https://example.com/shop'],
  ['type', 'com.example.order.created'],
  ['time', '2025-01-01T10:00:00Z'],
  ['hop', '5'],
  ['ttl', 10],
  ['sampled', true],
  ['emoji', 'a😀c'],
  ['blank', ''],
  ['2nd', 'two'],
])

/** The value of an expression, and the kinds of its errors. */
export function evaluate(text: string, attributes = ATTRIBUTES): readonly [Value, ...string[]] {
  const parsed = parseExpression(text)
  if (parsed.kind === 'refused') throw new Error(`${text}: ${describeRefusal(parsed.refusal)}`)
  const { value, errors } = compileExpression(parsed.root)(attributes)
  return [value, ...errors.map(({ kind }) => kind)]
}
