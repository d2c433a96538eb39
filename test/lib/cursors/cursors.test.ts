import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { MemoryCursors } from '#cursors/memory/memory-cursors.ts'
import { decodeOffsets, encodeOffsets } from '#cursors/offsets-codec.ts'
import { cursorsSuite } from './cursors.suite.ts'

t.test('MemoryCursors', async (t) =>
  cursorsSuite(t, () => ({
    cursors: new MemoryCursors(),
    broker: 'default/shop',
    other: 'other/shop',
  })),
)

t.test('decodeOffsets() gives back whatever encodeOffsets() was given', async () => {
  const offsets = fc
    .uniqueArray(fc.oneof(fc.nat(5000), fc.maxSafeNat()), { maxLength: 300 })
    .map((numbers) => numbers.sort((a, b) => a - b))

  fc.assert(
    fc.property(offsets, (numbers) => {
      assert.deepEqual(decodeOffsets(encodeOffsets(numbers)), numbers)
    }),
    { numRuns: 200 },
  )
})

t.test('encodeOffsets() takes one byte for a neighbour', async (t) => {
  const offsets = Array.from({ length: 4096 }, (_, i) => 2 ** 50 + i)

  t.equal(encodeOffsets(offsets).length, 4095 + 8)
})

t.test('encodeOffsets() refuses what is no ascending list of offsets', async (t) => {
  for (const offsets of [[2, 1], [1, 1], [-1], [0.5], [Number.NaN], [2 ** 53]]) {
    t.throws(() => encodeOffsets(offsets), RangeError, JSON.stringify(offsets))
  }
})

t.test('decodeOffsets() refuses bytes that end within a number', async (t) => {
  t.throws(() => decodeOffsets(Uint8Array.of(5, 0x80)), /end within a number/)
})
