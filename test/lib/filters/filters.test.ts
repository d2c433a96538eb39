import t from 'tap'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { all } from '#filters/all.ts'
import { any } from '#filters/any.ts'
import { attributes } from '#filters/attributes.ts'
import { compileFilter } from '#filters/compile-filter.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import { exact } from '#filters/exact.ts'
import type { Filter, FilterSpec } from '#filters/filter.ts'
import { not } from '#filters/not.ts'
import { prefix } from '#filters/prefix.ts'
import { suffix } from '#filters/suffix.ts'

const event: CloudEvent = {
  attributes: new Map<string, AttributeValue>([
    ['specversion', '1.0'],
    ['id', '42'],
    ['source', '/shop/berlin'],
    ['type', 'com.example.order.created'],
    ['time', '2025-01-01T10:00:00.500+01:00'],
    ['count', 7],
    ['negative', -1],
    ['sampled', true],
    ['blank', ''],
    ['constructor', 'mine'],
  ]),
  data: undefined,
}

type Row = readonly [name: string, filter: Filter, passes: boolean]

const pass: Filter = () => true
const fail: Filter = () => false
const never: Filter = () => {
  throw new Error('asked although the answer was known')
}

const rows: readonly Row[] = [
  ['exact: the same value', exact({ type: 'com.example.order.created' }), true],
  ['exact: another value', exact({ type: 'com.example.order.deleted' }), false],
  ['exact: only a part of the value', exact({ type: 'com.example.order' }), false],
  ['exact: case counts', exact({ type: 'COM.example.order.created' }), false],
  ['exact: a missing attribute', exact({ subject: 'x' }), false],
  ['exact: a missing attribute is not the empty string', exact({ subject: '' }), false],
  ['exact: every attribute must match', exact({ id: '42', source: '/shop/berlin' }), true],
  ['exact: one of two differs', exact({ id: '42', source: '/shop/rome' }), false],
  ['exact: an Integer by its canonical string', exact({ count: '7' }), true],
  ['exact: an Integer written otherwise', exact({ count: '07' }), false],
  ['exact: a negative Integer', exact({ negative: '-1' }), true],
  ['exact: a Boolean by its canonical string', exact({ sampled: 'true' }), true],
  ['exact: a Boolean in another case', exact({ sampled: 'True' }), false],
  ['exact: time as it was written', exact({ time: '2025-01-01T10:00:00.500+01:00' }), true],
  ['exact: the same instant written otherwise', exact({ time: '2025-01-01T09:00:00.5Z' }), false],
  ['exact: a name that objects inherit', exact({ constructor: 'mine' }), true],
  ['exact: an inherited name the event lacks', exact({ valueOf: 'mine' }), false],
  ['exact: nothing asked', exact({}), true],

  ['prefix: the beginning', prefix({ type: 'com.example.' }), true],
  ['prefix: the whole value', prefix({ id: '42' }), true],
  ['prefix: longer than the value', prefix({ id: '421' }), false],
  ['prefix: the end', prefix({ type: 'created' }), false],
  ['prefix: case counts', prefix({ type: 'Com' }), false],
  ['prefix: a missing subject', prefix({ subject: 'a' }), false],
  ['prefix: a missing datacontenttype', prefix({ datacontenttype: 'a' }), false],
  ['prefix: every attribute must match', prefix({ type: 'com', source: '/shop' }), true],
  ['prefix: one of two differs', prefix({ type: 'com', source: 'shop' }), false],
  ['prefix: an Integer', prefix({ negative: '-' }), true],

  ['suffix: the end', suffix({ type: '.created' }), true],
  ['suffix: the whole value', suffix({ id: '42' }), true],
  ['suffix: longer than the value', suffix({ id: '142' }), false],
  ['suffix: the beginning', suffix({ type: 'com' }), false],
  ['suffix: case counts', suffix({ type: 'Created' }), false],
  ['suffix: a missing subject', suffix({ subject: 'a' }), false],
  ['suffix: a missing datacontenttype', suffix({ datacontenttype: 'json' }), false],
  ['suffix: every attribute must match', suffix({ type: 'created', source: 'berlin' }), true],
  ['suffix: one of two differs', suffix({ type: 'created', source: 'rome' }), false],
  ['suffix: a Boolean', suffix({ sampled: 'ue' }), true],

  ['attributes: the same values', attributes({ id: '42', count: '7' }), true],
  ['attributes: another value', attributes({ id: '43' }), false],
  ['attributes: a missing attribute', attributes({ subject: 'x' }), false],
  ['attributes: "" asks for presence, there', attributes({ source: '' }), true],
  ['attributes: "" asks for presence, there and empty', attributes({ blank: '' }), true],
  ['attributes: "" asks for presence, missing', attributes({ subject: '' }), false],
  ['attributes: presence and value', attributes({ source: '', id: '43' }), false],
  ['attributes: nothing asked', attributes({}), true],

  ['all: every filter passes', all([pass, pass]), true],
  ['all: one does not', all([pass, fail, never]), false],
  ['all: a single one, passing', all([pass]), true],
  ['all: a single one, not passing', all([fail]), false],
  ['all: none', all([]), true],

  ['any: one passes', any([fail, pass, never]), true],
  ['any: none passes', any([fail, fail]), false],
  ['any: a single one, passing', any([pass]), true],
  ['any: a single one, not passing', any([fail]), false],
  ['any: none', any([]), false],

  ['not: of what passes', not(pass), false],
  ['not: of what does not', not(fail), true],
  ['not: of exact on a missing attribute', not(exact({ subject: 'x' })), true],
  ['not: of prefix on a missing attribute', not(prefix({ subject: 'x' })), true],
  ['not: of suffix on a missing attribute', not(suffix({ datacontenttype: 'x' })), true],
]

t.test('each dialect', async (t) => {
  for (const [name, filter, passes] of rows) t.equal(filter(event), passes, name)
})

t.test('compileFilter() compiles every dialect, nested', async (t) => {
  const table: readonly (readonly [FilterSpec, boolean])[] = [
    [{ exact: { id: '42' } }, true],
    [{ prefix: { id: '4' } }, true],
    [{ suffix: { id: '2' } }, true],
    [{ suffix: { id: '4' } }, false],
    [{ attributes: { id: '' } }, true],
    [{ all: [{ exact: { id: '42' } }, { prefix: { type: 'org' } }] }, false],
    [{ any: [{ exact: { id: '1' } }, { prefix: { type: 'com' } }] }, true],
    [{ not: { any: [{ exact: { id: '1' } }, { all: [{ suffix: { id: '9' } }] }] } }, true],
  ]
  for (const [spec, passes] of table)
    t.equal(compileFilter(spec)(event), passes, JSON.stringify(spec))
})

t.test('compileFilter() throws for an object of no known dialect', async (t) => {
  const spec = { regex: { id: '.*' } } as unknown as FilterSpec

  t.throws(() => compileFilter(spec), { name: 'TypeError', message: /regex/ })
})

t.test('compileFilters() asks for all of them, and passes everything without any', async (t) => {
  const yes: FilterSpec = { exact: { id: '42' } }
  const no: FilterSpec = { exact: { id: '1' } }

  t.equal(compileFilters([yes, yes])(event), true)
  t.equal(compileFilters([yes, no])(event), false)
  t.equal(compileFilters([])(event), true)
})
