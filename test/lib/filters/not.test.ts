import t from 'tap'
import { exact } from '#filters/exact.ts'
import type { Filter } from '#filters/filter.ts'
import { not } from '#filters/not.ts'
import { prefix } from '#filters/prefix.ts'
import { suffix } from '#filters/suffix.ts'
import { shopEvent } from './shop-event.ts'

const pass: Filter = () => true
const fail: Filter = () => false

const rows: readonly (readonly [name: string, filter: Filter, passes: boolean])[] = [
  ['of what passes', pass, false],
  ['of what does not', fail, true],
  ['of exact on a missing attribute', exact({ subject: 'x' }), true],
  ['of prefix on a missing attribute', prefix({ subject: 'x' }), true],
  ['of suffix on a missing attribute', suffix({ datacontenttype: 'x' }), true],
]

t.test('not() passes what its filter does not, a missing attribute too', async (t) => {
  for (const [name, filter, passes] of rows) t.equal(not(filter)(shopEvent), passes, name)
})
