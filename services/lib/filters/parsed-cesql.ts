import { type Parsed, parseExpression } from './cesql/parse-expression.ts'

const known = new WeakMap<object, Parsed>()

/**
 * The expression of a filter, read once as long as the filter is the same object: the indexes of all
 * partitions are made from the same Triggers.
 */
export function parsedCesql(spec: { readonly cesql: string }): Parsed {
  const parsed = known.get(spec) ?? parseExpression(spec.cesql)
  known.set(spec, parsed)
  return parsed
}
