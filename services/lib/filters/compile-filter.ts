import { all } from './all.ts'
import { any } from './any.ts'
import { attributes } from './attributes.ts'
import { exact } from './exact.ts'
import type { Filter, FilterSpec } from './filter.ts'
import { not } from './not.ts'
import { prefix } from './prefix.ts'
import { suffix } from './suffix.ts'

/**
 * A filter as a function that is asked for each event.
 *
 * @throws TypeError for an object of no known dialect: what reads Triggers has refused those.
 */
export function compileFilter(spec: FilterSpec): Filter {
  if ('exact' in spec) return exact(spec.exact)
  if ('prefix' in spec) return prefix(spec.prefix)
  if ('suffix' in spec) return suffix(spec.suffix)
  if ('all' in spec) return all(spec.all.map(compileFilter))
  if ('any' in spec) return any(spec.any.map(compileFilter))
  if ('not' in spec) return not(compileFilter(spec.not))
  if ('attributes' in spec) return attributes(spec.attributes)
  throw new TypeError(`Cannot compile the filter: no known dialect among ${Object.keys(spec)}`)
}
