import t from 'tap'
import type { AttributeValues } from '#filters/filter.ts'
import { prefix } from '#filters/prefix.ts'
import { shopEvent } from './shop-event.ts'

const rows: readonly (readonly [name: string, values: AttributeValues, passes: boolean])[] = [
  ['the beginning', { type: 'com.example.' }, true],
  ['the whole value', { id: '42' }, true],
  ['longer than the value', { id: '421' }, false],
  ['the end', { type: 'created' }, false],
  ['case counts', { type: 'Com' }, false],
  ['a missing subject', { subject: 'a' }, false],
  ['a missing datacontenttype', { datacontenttype: 'a' }, false],
  ['every attribute must match', { type: 'com', source: '/shop' }, true],
  ['one of two differs', { type: 'com', source: 'shop' }, false],
  ['an Integer', { negative: '-' }, true],
]

t.test('prefix() compares the beginning of every attribute', async (t) => {
  for (const [name, values, passes] of rows) t.equal(prefix(values)(shopEvent), passes, name)
})
