import t from 'tap'
import { all } from '#filters/all.ts'
import type { Filter } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

const pass: Filter = () => true
const fail: Filter = () => false
const never: Filter = () => {
  throw new Error('asked although the answer was known')
}

const rows: readonly (readonly [name: string, filters: readonly Filter[], passes: boolean])[] = [
  ['every filter passes', [pass, pass], true],
  ['one does not', [pass, fail, never], false],
  ['a single one, passing', [pass], true],
  ['a single one, not passing', [fail], false],
  ['none', [], true],
]

t.test('all() passes what every filter passes, and asks no further than it must', async (t) => {
  for (const [name, filters, passes] of rows) t.equal(all(filters)(shopEvent), passes, name)
})
