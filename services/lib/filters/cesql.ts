import { compileExpression } from './cesql/compile-expression.ts'
import type { Parsed } from './cesql/parse-expression.ts'
import type { Filter, FilterFailed } from './filter.ts'

/**
 * Passes an event for which the expression is `true` without any error (CESQL 1.0.0, section 1.2).
 * Whatever else keeps an event from passing, `failed` is told the first reason.
 *
 * A text that is no expression passes nothing: what reads Triggers has refused it.
 */
export function cesql(parsed: Parsed, failed: FilterFailed): Filter {
  if (parsed.kind === 'refused') {
    return () => {
      failed('parse')
      return false
    }
  }
  const evaluate = compileExpression(parsed.root)
  return (event) => {
    const { value, errors } = evaluate(event.attributes)
    const [error] = errors
    if (error === undefined && typeof value === 'boolean') return value
    failed(error === undefined ? 'not-boolean' : error.kind)
    return false
  }
}
