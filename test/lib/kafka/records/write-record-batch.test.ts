import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import fc from 'fast-check'
import t from 'tap'
import type { KafkaHeader, NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { BATCH_OVERHEAD, recordBytes } from '#kafka/records/record-bytes.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import { AWKWARD_RECORDS, javaBatches } from './java-batches.ts'

const require = createRequire(import.meta.url)
const decodeBatch = require('kafkajs/src/protocol/recordBatch/v0/decoder.js')
const Decoder = require('kafkajs/src/protocol/decoder.js')

/** Lengths around those where the length itself takes another byte more, as ASCII and as UTF-8. */
const edge = fc
  .tuple(
    fc.constantFrom('a', 'é', '€', '🌍'),
    fc.constantFrom(20, 21, 22, 31, 32, 33, 62, 63, 64, 65, 2730, 2731, 4095, 4096, 8191, 8192),
  )
  .map(([character, length]) => character.repeat(length))
const text = fc.oneof(
  { weight: 6, arbitrary: fc.string({ unit: 'grapheme' }) },
  { weight: 1, arbitrary: edge },
)
const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array))
const content: fc.Arbitrary<string | Uint8Array | null> = fc.oneof(text, bytes, fc.constant(null))
const header: fc.Arbitrary<KafkaHeader> = fc.tuple(text, content)
const record: fc.Arbitrary<NewKafkaRecord> = fc.record(
  {
    key: content,
    value: fc.option(bytes),
    headers: fc.array(header, { maxLength: 10 }),
    timestamp: fc.oneof(
      fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_100 }),
      fc.nat(2 ** 45),
    ),
  },
  { noNullPrototype: true },
)
const records = fc.array(record, { minLength: 1, maxLength: 10 })

/** As it is read again: text as bytes, bytes as plain numbers. */
function asRead({ key, value, headers, timestamp }: NewKafkaRecord) {
  const plain = (content: Uint8Array | string | null) =>
    content === null ? null : Buffer.from(content).toString('hex')
  return {
    timestamp,
    key: plain(key),
    value: plain(value),
    headers: headers.map(([name, content]) => [name, plain(content)]),
  }
}

t.test("writeRecordBatch() writes the very bytes that Kafka's own client writes", (t) => {
  const expected = javaBatches('none')
  expected.writeBigInt64BE(0n, 0)

  const batch = writeRecordBatch(
    AWKWARD_RECORDS.map(({ key, value, headers, timestamp }) => ({
      key,
      value:
        value === null ? null : Buffer.from(value, value.startsWith('\xff') ? 'latin1' : 'utf8'),
      headers,
      timestamp,
    })),
  )

  t.equal(batch.toString('hex'), expected.toString('hex'))
  t.end()
})

t.test('readRecordBatches() gives back what writeRecordBatch() was given', (t) => {
  fc.assert(
    fc.property(records, (written) => {
      const batch = writeRecordBatch(written)
      const { records, next } = readRecordBatches(batch, { from: 0, abortedTransactions: [] })
      assert.deepStrictEqual(records.map(asRead), written.map(asRead))
      assert.deepStrictEqual(
        records.map(({ offset }) => offset),
        written.map((_, index) => index),
      )
      assert.equal(next, written.length)
    }),
    { numRuns: 500 },
  )
  t.pass('for any records')
  t.end()
})

t.test("kafkajs's decoder reads what writeRecordBatch() wrote", async (t) => {
  await fc.assert(
    fc.asyncProperty(records, async (written) => {
      const read = await decodeBatch(new Decoder(writeRecordBatch(written)))
      assert.equal(read.lastOffsetDelta, written.length - 1)
      assert.equal(read.producerId, '-1')
      assert.equal(read.maxTimestamp, String(Math.max(...written.map((each) => each.timestamp))))
      for (const [index, each] of written.entries()) {
        const found = read.records[index]
        const { key, value, timestamp } = asRead(each)
        assert.equal(found.timestamp, String(timestamp))
        assert.equal(found.key?.toString('hex') ?? null, key)
        assert.equal(found.value?.toString('hex') ?? null, value)
      }
    }),
    { numRuns: 200 },
  )
  t.pass('for any records')
})

t.test('recordBytes() is never too low, and hardly too high', (t) => {
  fc.assert(
    fc.property(records, (written) => {
      const size = writeRecordBatch(written).length
      const bound = written.reduce((sum, each) => sum + recordBytes(each), BATCH_OVERHEAD)
      const lengths = written.reduce((sum, { headers }) => sum + 26 + (headers.length + 1) * 6, 0)
      assert.ok(size <= bound, `${size} bytes, bound ${bound}`)
      assert.ok(size >= bound - lengths, `${size} bytes, bound ${bound}`)
    }),
    { numRuns: 500 },
  )
  t.pass('for any records')
  t.end()
})

t.test('recordBytes() counts the lengths in front of headers, whatever they are', (t) => {
  for (const character of ['a', 'é', '€']) {
    for (const length of [1, 21, 22, 31, 32, 63, 64, 100, 2730, 2731, 8191, 8192]) {
      const header = ['', character.repeat(length)] as const
      const headers = Array.from({ length: 60 }, () => header)
      const record = { key: null, value: null, headers, timestamp: 0 }
      const size = writeRecordBatch([record]).length - BATCH_OVERHEAD
      if (recordBytes(record) < size) t.fail(`${length} times ${character}`)
    }
  }
  t.pass('never too low')
  t.end()
})

t.test('recordBytes() is some twenty bytes above an ordinary record', (t) => {
  const headers = ['id', 'source', 'type'].map((name) => [`ce_${name}`, 'x'.repeat(30)] as const)
  const ordinary = { key: 'key', value: Buffer.alloc(1024), headers, timestamp: 1_700_000_000_000 }

  const size = writeRecordBatch([ordinary]).length - BATCH_OVERHEAD

  t.ok(recordBytes(ordinary) - size < 26, `${recordBytes(ordinary)} for ${size} bytes`)
  t.end()
})
