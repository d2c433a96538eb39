import fc from 'fast-check'
import t from 'tap'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import type { Explanation } from '#filters/cesql/explain-expression.ts'
import { compileFilter } from '#filters/compile-filter.ts'
import { explain } from '#filters/explain.ts'
import type { FilterSpec } from '#filters/filter.ts'
import { filterSpecs } from './filter-specs.ts'
import { shopEvent } from './shop-event.ts'

/** An explanation in one line: what it was, and in brackets why. */
function line({ clause, value, errors, because }: Explanation): string {
  const why = because.length === 0 ? '' : ` [${because.map(line).join('; ')}]`
  const wrong = errors.length === 0 ? '' : ` (${errors.join(', ')})`
  return `${clause} → ${value}${wrong}${why}`
}

const exactId: FilterSpec = { exact: { id: '42' } }
const prefixOrg: FilterSpec = { prefix: { type: 'org.' } }

const rows: readonly (readonly [spec: FilterSpec, explanation: string])[] = [
  [exactId, 'exact id: "42" → true [id → 42]'],
  [{ exact: { count: '8' } }, 'exact count: "8" → false [count → 7]'],
  [{ exact: { subject: 'x' } }, 'exact subject: "x" → false [subject → undefined]'],
  [
    { exact: { id: '42', source: '/shop' } },
    'exact → false [exact source: "/shop" → false [source → /shop/berlin]]',
  ],
  [
    { exact: { id: '42', count: '7' } },
    'exact → true [exact id: "42" → true [id → 42]; exact count: "7" → true [count → 7]]',
  ],
  [{ exact: {} }, 'exact → true'],
  [prefixOrg, 'prefix type: "org." → false [type → com.example.order.created]'],
  [{ suffix: { source: '/berlin' } }, 'suffix source: "/berlin" → true [source → /shop/berlin]'],
  [{ attributes: { blank: '' } }, 'attributes blank: "" → true [blank → ]'],
  [{ attributes: { subject: '' } }, 'attributes subject: "" → false [subject → undefined]'],
  [
    { all: [exactId, prefixOrg, { exact: { id: '1' } }] },
    'all → false [prefix type: "org." → false [type → com.example.order.created]]',
  ],
  [
    { all: [exactId, exactId] },
    'all → true [exact id: "42" → true [id → 42]; exact id: "42" → true [id → 42]]',
  ],
  [{ all: [] }, 'all → true'],
  [{ any: [prefixOrg, exactId, prefixOrg] }, 'any → true [exact id: "42" → true [id → 42]]'],
  [
    { any: [prefixOrg, { exact: { id: '1' } }] },
    'any → false [prefix type: "org." → false [type → com.example.order.created]; exact id: "1" → false [id → 42]]',
  ],
  [{ any: [] }, 'any → false'],
  [{ not: exactId }, 'not → false [exact id: "42" → true [id → 42]]'],
  [
    { cesql: 'count = 8 OR sampled' },
    'cesql → true [count = 8 OR sampled → true [sampled → true]]',
  ],
  [
    { not: { cesql: `subject = 'x'` } },
    `not → true [cesql → false [subject = 'x' → false [subject → undefined (the event has no attribute subject)]]]`,
  ],
  [{ cesql: 'count + 1' }, 'cesql → false (8 is no Boolean) [count + 1 → 8 [count → 7]]'],
  [
    { cesql: 'count = ' },
    'cesql → false (line 1, column 9: found the end, expected a value: an attribute, a literal, a function, NOT, EXISTS, - or ()',
  ],
]

t.test('explain() names the clause that decided, and the value it found', async (t) => {
  for (const [spec, explanation] of rows) {
    t.equal(line(explain(spec, shopEvent)), explanation, JSON.stringify(spec))
  }
})

t.test('explain() says what the compiled filter says', async () => {
  const value = fc.oneof(fc.constantFrom('a', 'b', 'ab', '1', 'true', ''), fc.constant(1))
  const attributes = fc.dictionary(fc.constantFrom('type', 'source', 'subject', 'n'), value)
  const property = fc.property(filterSpecs, attributes, (spec, attributes) => {
    const given: readonly (readonly [string, AttributeValue])[] = Object.entries(attributes)
    const event: CloudEvent = { attributes: new Map(given), data: undefined }
    const passes = compileFilter(spec)(event)
    if (explain(spec, event).value !== passes) throw new Error(`it passes: ${passes}`)
  })

  fc.assert(property, { seed: 20250101, numRuns: 2000 })
})
