import t from 'tap'
import { exact } from '#filters/exact.ts'
import type { AttributeValues } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

const rows: readonly (readonly [name: string, values: AttributeValues, passes: boolean])[] = [
  ['the same value', { type: 'com.example.order.created' }, true],
  ['another value', { type: 'com.example.order.deleted' }, false],
  ['only a part of the value', { type: 'com.example.order' }, false],
  ['case counts', { type: 'COM.example.order.created' }, false],
  ['a missing attribute', { subject: 'x' }, false],
  ['a missing attribute is not the empty string', { subject: '' }, false],
  ['every attribute must match', { id: '42', source: '/shop/berlin' }, true],
  ['one of two differs', { id: '42', source: '/shop/rome' }, false],
  ['an Integer by its canonical string', { count: '7' }, true],
  ['an Integer written otherwise', { count: '07' }, false],
  ['a negative Integer', { negative: '-1' }, true],
  ['a Boolean by its canonical string', { sampled: 'true' }, true],
  ['a Boolean in another case', { sampled: 'True' }, false],
  ['time as it was written', { time: '2025-01-01T10:00:00.500+01:00' }, true],
  ['the same instant written otherwise', { time: '2025-01-01T09:00:00.5Z' }, false],
  ['a name that objects inherit', { constructor: 'mine' }, true],
  ['an inherited name the event lacks', { valueOf: 'mine' }, false],
  ['nothing asked', {}, true],
]

t.test('exact() compares the whole canonical string of every attribute', async (t) => {
  for (const [name, values, passes] of rows) t.equal(exact(values)(shopEvent), passes, name)
})
