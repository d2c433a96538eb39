import { all } from './all.ts'
import { any } from './any.ts'
import { attributes } from './attributes.ts'
import { cesql } from './cesql.ts'
import { exact } from './exact.ts'
import type { Filter, FilterFailed, FilterSpec } from './filter.ts'
import { not } from './not.ts'
import { parsedCesql } from './parsed-cesql.ts'
import { prefix } from './prefix.ts'
import { suffix } from './suffix.ts'

/**
 * A filter as a function that is asked for each event. Expressions in it that an event makes fail
 * tell `failed` so, wherever they stand.
 *
 * @throws TypeError for an object of no known dialect: what reads Triggers has refused those.
 */
export function compileFilter(spec: FilterSpec, failed: FilterFailed = ignore): Filter {
  const compile = (nested: FilterSpec) => compileFilter(nested, failed)
  if ('exact' in spec) return exact(spec.exact)
  if ('prefix' in spec) return prefix(spec.prefix)
  if ('suffix' in spec) return suffix(spec.suffix)
  if ('all' in spec) return all(spec.all.map(compile))
  if ('any' in spec) return any(spec.any.map(compile))
  if ('not' in spec) return not(compile(spec.not))
  if ('cesql' in spec) return cesql(parsedCesql(spec), failed)
  if ('attributes' in spec) return attributes(spec.attributes)
  throw new TypeError(`Cannot compile the filter: no known dialect among ${Object.keys(spec)}`)
}

function ignore(): void {}
