import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import type { NewRecord } from '#log/event-log.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import { arbitraryEvent } from '../../../support/arbitrary-event.ts'

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text))

const record: fc.Arbitrary<NewRecord> = fc.record(
  {
    event: arbitraryEvent(),
    hops: fc.nat(255),
    cause: fc.record({ partition: fc.nat(), offset: fc.maxSafeNat() }, { noNullPrototype: true }),
    trace: fc.oneof(
      fc.tuple(hex(32), hex(16)).map(([id, span]) => ({ traceparent: `00-${id}-${span}-01` })),
      fc.tuple(hex(32), hex(16)).map(([id, span]) => ({
        traceparent: `00-${id}-${span}-03`,
        tracestate: 'a=1,b=2',
      })),
    ),
  },
  { requiredKeys: ['event', 'hops'], noNullPrototype: true },
)

/** Attributes as pairs, because their order counts; data as plain bytes. */
const flat = ({ event, ...beside }: NewRecord) => ({
  ...beside,
  attributes: [...event.attributes],
  data: event.data && [...event.data],
})

t.test('readRecord() gives back what writeRecord() was given', async (t) => {
  fc.assert(
    fc.property(record, fc.nat(2 ** 42), (written, timestamp) => {
      const batch = writeRecordBatch([writeRecord(written, timestamp)])
      const [kafka] = readRecordBatches(batch, { from: 0, abortedTransactions: [] }).records
      assert.ok(kafka)
      const read = readRecord(kafka, 3)
      assert.ok(!('reason' in read), 'reason' in read ? read.reason : '')
      const { partition, offset, time, ...rest } = read
      assert.deepStrictEqual(flat(rest), flat(written))
      assert.deepStrictEqual([partition, offset, time], [3, 0, timestamp])
    }),
    { numRuns: 1000 },
  )
  t.pass('for any event that can be read')
})
