import t from 'tap'
import { any } from '#filters/any.ts'
import type { Filter } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

const pass: Filter = () => true
const fail: Filter = () => false
const never: Filter = () => {
  throw new Error('asked although the answer was known')
}

const rows: readonly (readonly [name: string, filters: readonly Filter[], passes: boolean])[] = [
  ['one passes', [fail, pass, never], true],
  ['none passes', [fail, fail], false],
  ['a single one, passing', [pass], true],
  ['a single one, not passing', [fail], false],
  ['none', [], false],
]

t.test('any() passes what one filter passes, and asks no further than it must', async (t) => {
  for (const [name, filters, passes] of rows) t.equal(any(filters)(shopEvent), passes, name)
})
