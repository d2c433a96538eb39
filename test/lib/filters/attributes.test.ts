import t from 'tap'
import { attributes } from '#filters/attributes.ts'
import type { AttributeValues } from '#filters/filter.ts'
import { shopEvent } from './shop-event.ts'

const rows: readonly (readonly [name: string, values: AttributeValues, passes: boolean])[] = [
  ['the same values', { id: '42', count: '7' }, true],
  ['another value', { id: '43' }, false],
  ['a missing attribute', { subject: 'x' }, false],
  ['"" asks for presence, there', { source: '' }, true],
  ['"" asks for presence, there and empty', { blank: '' }, true],
  ['"" asks for presence, missing', { subject: '' }, false],
  ['presence and value', { source: '', id: '43' }, false],
  ['nothing asked', {}, true],
]

t.test('attributes() compares values, and takes "" for presence', async (t) => {
  for (const [name, values, passes] of rows) t.equal(attributes(values)(shopEvent), passes, name)
})
