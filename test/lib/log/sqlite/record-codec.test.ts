import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { NewRecord } from '#log/event-log.ts'
import { decodeRecord, encodeRecord, recordBound, recordEnd } from '#log/sqlite/record-codec.ts'

const text = fc.oneof(fc.string(), fc.string({ unit: 'grapheme' }), fc.constantFrom('', 'id'))
const name = fc.oneof(text, fc.constantFrom('specversion', 'type', 'tracestate', '__proto__'))
const value = fc.oneof(text, fc.integer(), fc.double({ noNaN: true }), fc.boolean())
const record: fc.Arbitrary<NewRecord> = fc.record(
  {
    event: fc.record({
      attributes: fc.array(fc.tuple(name, value), { maxLength: 150 }).map((all) => new Map(all)),
      data: fc.option(
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        { nil: undefined },
      ),
    }),
    hops: fc.nat(255),
    cause: fc.record({ partition: fc.nat(), offset: fc.maxSafeNat() }, { noNullPrototype: true }),
    trace: fc.record(
      { traceparent: text, tracestate: text },
      { requiredKeys: ['traceparent'], noNullPrototype: true },
    ),
  },
  { requiredKeys: ['event', 'hops'], noNullPrototype: true },
)

/** Attributes as pairs, because their order counts. */
const flat = ({ event, ...beside }: NewRecord) => ({
  ...beside,
  attributes: [...event.attributes],
  data: event.data,
})

t.test('decodeRecord() gives back what encodeRecord() was given', async (t) => {
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 4 }), (records) => {
      const bytes = Buffer.alloc(records.reduce((sum, each) => sum + recordBound(each), 0))
      let end = 0
      for (const each of records) {
        const at = end
        end = encodeRecord(each, bytes, at)
        assert.ok(end - at <= recordBound(each))
      }
      const row = bytes.subarray(0, end)
      let at = 0
      for (const each of records) {
        const { partition, offset, time, ...found } = decodeRecord(row, at, 7, 9)
        assert.deepStrictEqual(flat(found), flat(each))
        assert.deepStrictEqual([partition, offset, time], [0, 7, 9])
        at = recordEnd(row, at)
      }
      assert.equal(at, end)
    }),
  )
  t.pass('for any records in a row')
})

t.test('recordEnd() rejects a record that does not end within its row', async (t) => {
  const one: NewRecord = { event: { attributes: new Map([['id', '1']]), data: undefined }, hops: 0 }
  const bytes = Buffer.alloc(recordBound(one))
  const end = encodeRecord(one, bytes, 0)

  t.equal(recordEnd(bytes.subarray(0, end), 0), end)
  for (let cut = 0; cut < end; cut++) {
    t.throws(() => recordEnd(bytes.subarray(0, cut), 0), RangeError, `cut at ${cut}`)
  }
})
