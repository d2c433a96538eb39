import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import { type Explanation, explainExpression } from './cesql/explain-expression.ts'
import { describeRefusal } from './cesql/refusal.ts'
import { cesql } from './cesql.ts'
import type { AttributeValues, FilterSpec } from './filter.ts'
import { parsedCesql } from './parsed-cesql.ts'

/**
 * Says which parts of a filter decided whether an event passes it: of several that must all pass
 * the first that does not, of several of which one must the first that does, and so on down to the
 * attributes that were looked at, with their values. A Trigger's filters are explained as
 * `{ all: filters }`. The value of each part that is a filter is whether the event passes it.
 */
export function explain(spec: FilterSpec, event: CloudEvent): Explanation {
  if ('exact' in spec) return explainValues('exact', spec.exact, event)
  if ('prefix' in spec) return explainValues('prefix', spec.prefix, event)
  if ('suffix' in spec) return explainValues('suffix', spec.suffix, event)
  if ('attributes' in spec) return explainValues('attributes', spec.attributes, event)
  if ('all' in spec) {
    return allOf(
      'all',
      spec.all.map((each) => explain(each, event)),
    )
  }
  if ('any' in spec) {
    const parts = spec.any.map((each) => explain(each, event))
    const passing = parts.find((part) => part.value === true)
    return part('any', passing !== undefined, passing === undefined ? parts : [passing])
  }
  if ('not' in spec) {
    const negated = explain(spec.not, event)
    return part('not', negated.value !== true, [negated])
  }
  return explainCesql(spec, event)
}

type Dialect = 'exact' | 'prefix' | 'suffix' | 'attributes'

const PASSES: Readonly<Record<Dialect, (value: string, wanted: string) => boolean>> = {
  exact: (value, wanted) => value === wanted,
  prefix: (value, wanted) => value.startsWith(wanted),
  suffix: (value, wanted) => value.endsWith(wanted),
  attributes: (value, wanted) => wanted === '' || value === wanted,
}

function explainValues(dialect: Dialect, values: AttributeValues, event: CloudEvent): Explanation {
  const parts = Object.entries(values).map(([name, wanted]) => {
    const value = stringAttribute(event, name)
    const isSo = value !== undefined && PASSES[dialect](value, wanted)
    const looked = { clause: name, value: event.attributes.get(name), errors: [], because: [] }
    return part(`${dialect} ${name}: ${JSON.stringify(wanted)}`, isSo, [looked])
  })
  return parts.length === 1 && parts[0] ? parts[0] : allOf(dialect, parts)
}

function explainCesql(spec: { readonly cesql: string }, event: CloudEvent): Explanation {
  const parsed = parsedCesql(spec)
  if (parsed.kind === 'refused') {
    return { ...part('cesql', false, []), errors: [describeRefusal(parsed.refusal)] }
  }
  let isBoolean = true
  const filter = cesql(parsed, (error) => {
    isBoolean = error !== 'not-boolean'
  })
  const passes = filter(event)
  const explained = explainExpression(spec.cesql, parsed.root, event.attributes)
  const errors = isBoolean ? [] : [`${explained.value} is no Boolean`]
  return { ...part('cesql', passes, [explained]), errors }
}

function allOf(clause: string, parts: readonly Explanation[]): Explanation {
  const failing = parts.find(({ value }) => value !== true)
  return part(clause, failing === undefined, failing === undefined ? parts : [failing])
}

function part(clause: string, value: boolean, because: readonly Explanation[]): Explanation {
  return { clause, value, errors: [], because }
}
