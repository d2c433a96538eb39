import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { DeadLetter } from '#dead-letters/dead-letters.ts'
import { readLetterRecord } from '#dead-letters/kafka/read-letter-record.ts'
import { writeLetterRecord } from '#dead-letters/kafka/write-letter-record.ts'
import type { AttributeValue } from '#events/event.ts'
import type { KafkaRecord, NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { anEvent } from '../../../support/an-event.ts'
import { arbitraryEvent } from '../../../support/arbitrary-event.ts'
import { aDeadLetter } from '../a-dead-letter.ts'

function throughKafka(record: NewKafkaRecord): KafkaRecord {
  const bytes = writeRecordBatch([record])
  const [read] = readRecordBatches(bytes, { from: 0, abortedTransactions: [] }).records
  assert.ok(read)
  return read
}

/** Attributes as pairs, because their order counts; data as plain bytes. */
function flat({ event, ...rest }: DeadLetter) {
  return { ...rest, attributes: [...event.attributes], data: event.data && [...event.data] }
}

function readBack(letter: DeadLetter) {
  const read = readLetterRecord(throughKafka(writeLetterRecord(letter)))
  return typeof read === 'string' ? read : flat(read)
}

const anyEvent = fc.record({
  attributes: fc
    .array(
      fc.tuple(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('id', 'datacontenttype', 'data')),
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.boolean(),
          fc.integer(),
          fc.constant('application/cloudevents+json'),
        ),
      ),
      { maxLength: 8 },
    )
    .map((pairs) => new Map<string, AttributeValue>(pairs)),
  data: fc.option(fc.uint8Array({ maxLength: 20 }), { nil: undefined }),
})

t.test('readLetterRecord() gives back what writeLetterRecord() was given', async (t) => {
  fc.assert(
    fc.property(fc.oneof(arbitraryEvent(), anyEvent), (event) => {
      const letter = aDeadLetter({ event })
      assert.deepStrictEqual(readBack(letter), flat(letter))
    }),
    { numRuns: 1000 },
  )
  t.pass('for any event, and for what is none')
})

t.test('any tool that reads events reads the event of a dead letter', async (t) => {
  fc.assert(
    fc.property(
      arbitraryEvent().filter(({ data }) => data !== undefined),
      (event) => {
        const record = throughKafka(writeLetterRecord(aDeadLetter({ event })))
        const read = readRecord(record, 0)
        assert.ok(!('reason' in read))
        assert.deepStrictEqual([...read.event.attributes], [...event.attributes])
        assert.deepStrictEqual([...(read.event.data ?? [])], [...(event.data ?? [])])
      },
    ),
  )
  t.pass('for any event with data')
})

t.test(
  'writeLetterRecord() never writes a null value, which compaction would take away',
  async (t) => {
    const { attributes } = anEvent()

    for (const names of [attributes, new Map()]) {
      const record = writeLetterRecord(
        aDeadLetter({ event: { attributes: names, data: undefined } }),
      )

      t.equal(record.value?.length, 0)
    }
  },
)

t.test('readLetterRecord() says what is no dead letter', async (t) => {
  const { headers, ...record } = throughKafka(writeLetterRecord(aDeadLetter()))
  const own = headers.filter(([name]) => name !== 'sluice-dead-letter')
  const details = JSON.parse(String(headers.find(([name]) => name === 'sluice-dead-letter')?.[1]))
  const withDetails = (text: string): KafkaRecord => ({
    ...record,
    headers: [...own, ['sluice-dead-letter', Buffer.from(text)]],
  })
  const changed = (change: object) => withDetails(JSON.stringify({ ...details, ...change }))
  t.type(readLetterRecord(changed({})), 'object')

  t.equal(readLetterRecord({ ...changed({}), value: null }), 'it has no value')
  t.equal(readLetterRecord({ ...record, headers: own }), 'it has no header sluice-dead-letter')
  t.equal(
    readLetterRecord({ ...changed({}), headers: changed({}).headers.slice(1) }),
    'Cannot read the event: the header ce_specversion is missing',
  )
  for (const text of ['', '{', 'null', '[]', '7', '{}']) {
    t.match(readLetterRecord(withDetails(text)), /header sluice-dead-letter is not/, text)
  }
  for (const change of [
    { broker: 1 },
    { trigger: null },
    { partition: -1 },
    { offset: 1.5 },
    { time: -1 },
    { time: '5' },
    { reason: undefined },
    { destination: {} },
    { error: undefined },
    { status: '500' },
    { attempts: {} },
    { attempts: [null] },
    { attempts: [{ phase: 'x', time: 1, durationMs: 1, error: 'x' }] },
    { attributes: {} },
    { attributes: [['a']] },
    { attributes: [['a', null]] },
    { noData: false },
  ]) {
    t.match(readLetterRecord(changed(change)), /is not a dead letter's/, JSON.stringify(change))
  }
})
