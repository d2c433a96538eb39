import fc from 'fast-check'
import t from 'tap'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import type { FilterSpec } from '#filters/filter.ts'
import { FilterIndex } from '#filters/filter-index.ts'
import { expressions, filterSpecs } from './filter-specs.ts'

/** Counts how often an attribute of the event is read: the work that an index does. */
class CountingMap extends Map<string, AttributeValue> {
  reads = 0
  override get(name: string): AttributeValue | undefined {
    this.reads++
    return super.get(name)
  }
}

function eventOf(attributes: Record<string, AttributeValue>): CloudEvent {
  return { attributes: new CountingMap(Object.entries(attributes)), data: undefined }
}

interface Entry {
  readonly at: number
  readonly filters: readonly FilterSpec[]
}

function indexOf(lists: readonly (readonly FilterSpec[])[]): FilterIndex<Entry> {
  return new FilterIndex(lists.map((filters, at) => ({ at, filters })))
}

function found(index: FilterIndex<Entry>, event: CloudEvent): number[] {
  return index.match(event).map((entry) => entry.at)
}

function workOf(index: FilterIndex<Entry>, event: CloudEvent): number {
  const attributes = event.attributes as CountingMap
  attributes.reads = 0
  index.match(event)
  return attributes.reads
}

t.test('match() finds what evaluating every Trigger finds, in order and once', async () => {
  const name = fc.constantFrom('type', 'source', 'subject', 'n', 'constructor')
  const value = fc.constantFrom('a', 'b', 'ab', '1', 'true', 'ba')
  const lists = fc.array(fc.array(filterSpecs, { maxLength: 2 }), { maxLength: 12 })
  const attribute = fc.oneof(value, fc.constant(1), fc.boolean(), fc.constant(''))
  const events = fc.array(fc.dictionary(name, attribute, { noNullPrototype: true }), {
    minLength: 1,
    maxLength: 6,
  })

  const property = fc.property(lists, events, (lists, events) => {
    const index = indexOf(lists)
    for (const attributes of events) {
      const event = eventOf(attributes)
      const expected = [...lists.keys()].filter((at) => compileFilters(lists[at] ?? [])(event))
      const matches = found(index, event)
      if (JSON.stringify(matches) !== JSON.stringify(expected)) {
        throw new Error(`found ${matches}, expected ${expected}`)
      }
    }
  })

  fc.assert(property, { seed: 20250101, numRuns: 1500 })
})

t.test('match() tells of every event that an expression could not judge', async (t) => {
  const names = fc.constantFrom('subject', 'n')
  const value = fc.constantFrom('a', 'b', 'ab', '1')
  const event = fc.tuple(value, value, fc.dictionary(names, value, { noNullPrototype: true }))
  let told = 0
  const property = fc.property(fc.array(expressions, { maxLength: 8 }), event, (texts, event) => {
    const [type, source, others] = event
    const seen: string[] = []
    const entries = texts.map((cesql, at) => ({ at, filters: [{ cesql }] }))
    const index = new FilterIndex(entries, ({ at }, error) => seen.push(`${at}: ${error}`))
    index.match(eventOf({ type, source, ...others }))
    const expected: string[] = []
    for (const { at, filters } of entries) {
      const told = (error: string) => expected.push(`${at}: ${error}`)
      compileFilters(filters, told)(eventOf({ type, source, ...others }))
    }
    told += seen.length
    if (seen.toSorted().join() !== expected.join()) throw new Error(`told ${seen}, not ${expected}`)
  })

  fc.assert(property, { seed: 20250101, numRuns: 1500 })
  t.ok(told > 500, `${told} errors`)
})

t.test('match() does the same work for 500 Triggers as for one', async (t) => {
  const one = indexOf([[{ exact: { type: 't7' } }]])
  const many = (filters: (i: number) => FilterSpec) =>
    indexOf(Array.from({ length: 500 }, (_, i) => [filters(i)]))
  const event = eventOf({ type: 't7', source: '/shop', n: 1 })
  const work = workOf(one, event)

  const tables: Record<string, FilterIndex<Entry>> = {
    exact: many((i) => ({ exact: { type: `t${i}` } })),
    'the rarer of two attributes': many((i) => ({ exact: { source: '/shop', type: `t${i}` } })),
    attributes: many((i) => ({ attributes: { source: '', type: `t${i}` } })),
    'nested in all': many((i) => ({
      all: [{ prefix: { type: 't' } }, { exact: { type: `t${i}` } }],
    })),
    'cesql, equal': many((i) => ({ cesql: `type = 't${i}' AND n = 1` })),
    'cesql, the rarer of two': many((i) => ({ cesql: `source = '/shop' AND type = 't${i}'` })),
    'cesql, one of two': many((i) => ({ cesql: `type IN ('t${i}', 'u${i}') OR id = 'x${i}'` })),
    any: many((i) => ({ any: [{ exact: { type: `t${i}` } }, { exact: { type: `u${i}` } }] })),
    'another attribute each': many((i) => ({
      exact: i === 7 ? { type: 't7' } : { [`a${i}`]: 'x' },
    })),
  }

  for (const [name, index] of Object.entries(tables)) {
    t.strictSame(found(index, event), [7], name)
    t.ok(workOf(index, event) <= work + 3, `${name}: ${workOf(index, event)} reads for ${work}`)
  }
})

t.test('match() asks a Trigger once that two alternatives lead to', async (t) => {
  const index = indexOf([
    [{ any: [{ exact: { type: 'a' } }, { exact: { source: 'b' } }, { exact: { type: 'a' } }] }],
    [{ exact: { source: 'b' } }],
    [],
  ])

  t.strictSame(found(index, eventOf({ type: 'a', source: 'b' })), [0, 1, 2])
  t.strictSame(found(index, eventOf({ type: 'x', source: 'y' })), [2])
})

t.test('match() finds Integers and Booleans by their canonical strings', async (t) => {
  const index = indexOf([[{ exact: { n: '1' } }], [{ exact: { n: 'true' } }]])

  t.strictSame(found(index, eventOf({ n: 1 })), [0])
  t.strictSame(found(index, eventOf({ n: true })), [1])
})

t.test('match() of an empty index finds nothing', async (t) => {
  t.strictSame(new FilterIndex([]).match(eventOf({ type: 'a' })), [])
})
