import t from 'tap'
import { compileFilter } from '#filters/compile-filter.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import type { FilterSpec } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

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
    t.equal(compileFilter(spec)(shopEvent), passes, JSON.stringify(spec))
})

t.test('compileFilter() throws for an object of no known dialect', async (t) => {
  const spec = { regex: { id: '.*' } } as unknown as FilterSpec

  t.throws(() => compileFilter(spec), { name: 'TypeError', message: /regex/ })
})

t.test('compileFilters() asks for all of them, and passes everything without any', async (t) => {
  const yes: FilterSpec = { exact: { id: '42' } }
  const no: FilterSpec = { exact: { id: '1' } }

  t.equal(compileFilters([yes, yes])(shopEvent), true)
  t.equal(compileFilters([yes, no])(shopEvent), false)
  t.equal(compileFilters([])(shopEvent), true)
})
