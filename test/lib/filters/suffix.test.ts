import t from 'tap'
import type { AttributeValues } from '#filters/filter.ts'
import { suffix } from '#filters/suffix.ts'
import { shopEvent } from './shop-event.ts'

const rows: readonly (readonly [name: string, values: AttributeValues, passes: boolean])[] = [
  ['the end', { type: '.created' }, true],
  ['the whole value', { id: '42' }, true],
  ['longer than the value', { id: '142' }, false],
  ['the beginning', { type: 'com' }, false],
  ['case counts', { type: 'Created' }, false],
  ['a missing subject', { subject: 'a' }, false],
  ['a missing datacontenttype', { datacontenttype: 'json' }, false],
  ['every attribute must match', { type: 'created', source: 'berlin' }, true],
  ['one of two differs', { type: 'created', source: 'rome' }, false],
  ['a Boolean', { sampled: 'ue' }, true],
]

t.test('suffix() compares the end of every attribute', async (t) => {
  for (const [name, values, passes] of rows) t.equal(suffix(values)(shopEvent), passes, name)
})
