import fc from 'fast-check'
import type { FilterSpec } from '#filters/filter.ts'

const name = fc.constantFrom('type', 'source', 'subject', 'n', 'constructor')
const value = fc.constantFrom('a', 'b', 'ab', '1', 'true', 'ba')
const values = fc.dictionary(name, value, { minKeys: 1, maxKeys: 2, noNullPrototype: true })
const valuesOrEmpty = fc.dictionary(name, fc.oneof(value, fc.constant('')), {
  maxKeys: 2,
  noNullPrototype: true,
})

const clause = fc.oneof(
  fc.tuple(name, value).map(([name, value]) => `${name} = '${value}'`),
  fc.tuple(name, value).map(([name, value]) => `${name} != '${value}'`),
  fc.tuple(name, value, value).map(([name, a, b]) => `${name} IN ('${a}', '${b}')`),
  fc.tuple(name, value, value).map(([name, a, b]) => `${name} NOT IN ('${a}', '${b}')`),
  fc.tuple(name, value).map(([name, value]) => `${name} LIKE '${value}%'`),
  fc.tuple(name, value).map(([name, value]) => `(EXISTS ${name} AND ${name} = '${value}')`),
  name.map((name) => `EXISTS ${name}`),
  fc.constantFrom('n > 0', 'n', '1 / 0 = 1', `'a' = type`, `NOT (type = 'a')`, 'type = source'),
)
/** Expressions that pass, fail and err on events with few attributes. */
export const expressions = fc
  .tuple(
    clause,
    fc.array(fc.tuple(fc.constantFrom(' AND ', ' OR ', ' XOR '), clause), { maxLength: 3 }),
  )
  .map(([first, rest]) => first + rest.map(([operator, clause]) => operator + clause).join(''))

/** Filters of all dialects, one inside the other. */
export const { filter: filterSpecs } = fc.letrec<{ filter: FilterSpec }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    values.map((exact): FilterSpec => ({ exact })),
    values.map((prefix): FilterSpec => ({ prefix })),
    values.map((suffix): FilterSpec => ({ suffix })),
    valuesOrEmpty.map((attributes): FilterSpec => ({ attributes })),
    expressions.map((cesql): FilterSpec => ({ cesql })),
    fc.array(tie('filter'), { maxLength: 3 }).map((all): FilterSpec => ({ all })),
    fc.array(tie('filter'), { maxLength: 3 }).map((any): FilterSpec => ({ any })),
    tie('filter').map((not): FilterSpec => ({ not })),
  ),
}))
