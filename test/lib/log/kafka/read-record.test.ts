import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import type { AttributeValue } from '#events/event.ts'
import { writeStructured } from '#events/write-structured.ts'
import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { readRecordBatches } from '#kafka/records/read-record-batches.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import type { LogRecord, NewRecord } from '#log/event-log.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { writeRecord } from '#log/kafka/write-record.ts'
import { arbitraryEvent } from '../../../support/arbitrary-event.ts'

/** As in fixtures/README.md: what the SDK of Knative's receiver writes. */
const SDK_RECORDS: Readonly<
  Record<string, { value: string | null; headers: readonly (readonly [string, string])[] }>
> = JSON.parse(readFileSync(new URL('fixtures/records.json', import.meta.url), 'utf8'))

const EVENT_TYPES = [
  'application/cloudevents+json',
  'Application/CloudEvents',
  'application/cloudevents-batch+json; charset=utf-16',
]

const hex = (length: number) =>
  fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`)).filter((text) => !/^0+$/.test(text))

/** Now and then an event that holds another. */
const event = fc
  .tuple(arbitraryEvent(), fc.constantFrom(undefined, undefined, ...EVENT_TYPES))
  .map(([{ attributes, data }, type]) =>
    type === undefined
      ? { attributes, data }
      : { attributes: new Map([...attributes, ['datacontenttype', type]]), data },
  )

const record: fc.Arbitrary<NewRecord> = fc.record(
  {
    event,
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

/** A record from headers as text or bytes. */
function aRecord(
  headers: readonly (readonly [string, string | Buffer | null])[],
  value: string | Buffer | null = null,
): KafkaRecord {
  return {
    offset: 42,
    timestamp: 1_700_000_000_000,
    key: null,
    value: value === null ? null : Buffer.from(value),
    headers: headers.map(([name, content]) => [
      name,
      content === null ? null : Buffer.from(content),
    ]),
  }
}

const REQUIRED = [
  ['ce_specversion', '1.0'],
  ['ce_id', '1'],
  ['ce_source', '/orders'],
  ['ce_type', 'created'],
] as const

function readEvent(record: KafkaRecord): LogRecord {
  const read = readRecord(record, 7)
  if ('reason' in read) throw new Error(read.reason)
  return read
}

function attributesOf(record: KafkaRecord) {
  return [...readEvent(record).event.attributes]
}

function reasonOf(record: KafkaRecord): string | undefined {
  const read = readRecord(record, 7)
  return 'reason' in read ? read.reason : undefined
}

t.test('readRecord() gives back what writeRecord() was given', (t) => {
  fc.assert(
    fc.property(record, fc.nat(2 ** 42), (written, timestamp) => {
      const batch = writeRecordBatch([writeRecord(written, timestamp)])
      const [kafka] = readRecordBatches(batch, { from: 0, abortedTransactions: [] }).records
      assert.ok(kafka)
      const { partition, offset, time, ...rest } = readEvent(kafka)
      assert.deepStrictEqual(flat(rest), flat(written))
      assert.deepStrictEqual([partition, offset, time], [7, 0, timestamp])
    }),
    { numRuns: 1000 },
  )
  t.pass('for any event that can be read')
  t.end()
})

t.test('readRecord() reads what the SDK of Knative writes', (t) => {
  const full = [
    ['specversion', '1.0'],
    ['id', '1'],
    ['source', '/orders'],
    ['type', 'com.example.order.created'],
    ['datacontenttype', 'application/json; charset=utf-8'],
    ['dataschema', 'https://example.com/order.json'],
    ['subject', 'wörld 🌍 100%'],
    ['time', '2024-05-05T12:34:56.789+02:00'],
  ] as const
  const extensions = [
    ['flag', 'true'],
    ['partitionkey', 'customer-7'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['count', '-12'],
    ['empty', ''],
  ] as const
  const typed = extensions.map(([name, text]) => [
    name,
    name === 'flag' ? true : name === 'count' ? -12 : text,
  ])
  const old = [['specversion', '0.3'], ...full.slice(1, 4)]
  const cases = {
    plain: [full.slice(0, 4), undefined],
    full: [[...full, ...extensions], '{"a" : 1.10}'],
    'empty data': [full.slice(0, 4), ''],
    'version 0.3': [
      [...old, ['datacontenttype', 'text/plain'], ['schemaurl', '/schema']],
      '\xff\0',
    ],
    structured: [[...full, ...typed], '{"a" : 1.10}'],
    'structured without data': [full.slice(0, 4), undefined],
  }

  for (const [name, [attributes, data]] of Object.entries(cases)) {
    const { headers = [], value = null } = SDK_RECORDS[name] ?? {}
    const { event, hops } = readEvent(
      aRecord(headers, value === null ? null : Buffer.from(value, 'base64')),
    )
    t.strictSame([...event.attributes], attributes, name)
    t.equal(event.data && Buffer.from(event.data).toString('latin1'), data, name)
    t.equal(hops, 0, name)
  }
  t.end()
})

t.test('readRecord() takes the names of headers in any letter case', (t) => {
  const upper = REQUIRED.map(([name, text]) => [name.toUpperCase(), text] as const)

  t.strictSame(attributesOf(aRecord([...upper, ['Content-Type', 'a/b'], ['Ce_Ext', 'x']])), [
    ...REQUIRED.map(([name, text]) => [name.slice(3), text]),
    ['datacontenttype', 'a/b'],
    ['ext', 'x'],
  ])
  const trace = { traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`, tracestate: 'a=1' }
  const beside = [
    ['Sluice-Hops', '3'],
    ['SLUICE-CAUSE', '1:2'],
    ['TraceParent', trace.traceparent],
    ['traceState', trace.tracestate],
  ] as const
  const { hops, cause, trace: found } = readEvent(aRecord([...REQUIRED, ...beside]))
  t.strictSame([hops, cause, found], [3, { partition: 1, offset: 2 }, trace])
  t.end()
})

t.test('readRecord() takes content-type before ce_datacontenttype, wherever they stand', (t) => {
  const wrong = ['ce_datacontenttype', 'text/wrong'] as const
  const right = ['content-type', 'text/right'] as const
  const typeOf = (...headers: readonly (readonly [string, string])[]) =>
    readEvent(aRecord([...REQUIRED, ...headers])).event.attributes.get('datacontenttype')

  t.equal(typeOf(wrong), 'text/wrong')
  t.equal(typeOf(wrong, right), 'text/right')
  t.equal(typeOf(right, wrong), 'text/right')
  t.end()
})

t.test('readRecord() reads structured content mode, whatever the other headers say', (t) => {
  const json = '{"specversion":"1.0","id":"2","source":"/s","type":"t","data":{ "a": 1 }}'

  for (const type of [
    'application/cloudevents+json',
    'APPLICATION/CloudEvents+JSON; charset=UTF-8',
  ]) {
    const { event } = readEvent(aRecord([...REQUIRED, ['ce_ö', ''], ['Content-Type', type]], json))
    t.equal(event.attributes.get('id'), '2', type)
    t.equal(String(event.data), '{ "a": 1 }', type)
  }
  t.end()
})

t.test('readRecord() ignores what it does not know', (t) => {
  const others = [
    ['ce_', 'x'],
    ['id', 'x'],
    ['ce-id', 'x'],
    ['baggage', Buffer.of(0xff)],
    ['', ''],
    ['ce_null', null],
  ] as const

  t.strictSame(
    attributesOf(aRecord([...others, ...REQUIRED])),
    REQUIRED.map(([name, text]) => [name.slice(3), text]),
  )
  t.end()
})

t.test('readRecord() leaves values alone that it would not take from a producer', (t) => {
  const odd = [
    ['ce_time', 'yesterday'],
    ['ce_subject', ''],
    ['ce_id', ''],
    ['ce_ext', 'a\nb\ufffd'],
  ] as const

  const attributes = new Map(attributesOf(aRecord([...REQUIRED, ...odd])))

  for (const [name, text] of odd) t.equal(attributes.get(name.slice(3)), text, name)
  t.end()
})

t.test('readRecord() gives types only where they are told and fit', (t) => {
  const values: readonly (readonly [text: string, type: string, value: AttributeValue])[] = [
    ['-12', 'integer', -12],
    ['0', 'integer', 0],
    ['2147483647', 'integer', 2147483647],
    ['-2147483648', 'integer', -2147483648],
    ['2147483648', 'integer', '2147483648'],
    ['-0', 'integer', '-0'],
    ['01', 'integer', '01'],
    ['1.0', 'integer', '1.0'],
    ['', 'integer', ''],
    ['true', 'boolean', true],
    ['false', 'boolean', false],
    ['TRUE', 'boolean', 'TRUE'],
    ['1', 'string', '1'],
    ['1', '', '1'],
  ]
  for (const [text, type, value] of values) {
    const headers = [...REQUIRED, ['ce_x', text], ['sluice-types', `y=integer,x=${type}`]] as const
    t.equal(new Map(attributesOf(aRecord(headers))).get('x'), value, `${text} as ${type}`)
  }
  const required = aRecord([...REQUIRED, ['sluice-types', 'id=integer,=,,id']])
  t.equal(new Map(attributesOf(required)).get('id'), '1', 'never what has to be a string')
  t.end()
})

t.test('readRecord() passes over hops, causes and traces that are none', (t) => {
  const read = (name: string, text: string) => readEvent(aRecord([...REQUIRED, [name, text]]))

  for (const [text, hops] of [
    ['7', 7],
    ['255', 255],
    ['999', 255],
    ['-1', 0],
    ['1e2', 0],
    ['', 0],
    ['1000', 0],
  ] as const) {
    t.equal(read('sluice-hops', text).hops, hops, `hops ${text}`)
  }
  for (const text of ['', '1', '1:', ':1', '1:-1', '1:9007199254740992', 'a:b', '1:2:3']) {
    t.notOk('cause' in read('sluice-cause', text), `cause ${text}`)
  }
  for (const text of ['', 'x', `00-${'0'.repeat(32)}-${'2'.repeat(16)}-00`]) {
    t.notOk('trace' in read('traceparent', text), `traceparent ${text}`)
  }
  t.notOk('trace' in read('tracestate', 'a=1'), 'tracestate alone')
  t.end()
})

const WITHOUT = (name: string) => REQUIRED.filter(([each]) => each !== name)
const STRUCTURED = [['content-type', 'application/cloudevents+json']] as const
const UNREADABLE: readonly (readonly [name: string, record: KafkaRecord, reason: RegExp])[] = [
  ['a tombstone', aRecord([]), /: the header ce_specversion is missing$/],
  ['no id', aRecord(WITHOUT('ce_id')), /: the header ce_id is missing$/],
  ['no source', aRecord(WITHOUT('ce_source')), /: the header ce_source is missing$/],
  ['no type', aRecord(WITHOUT('ce_type')), /: the header ce_type is missing$/],
  ['a null id', aRecord([...WITHOUT('ce_id'), ['ce_id', null]]), /: the header ce_id is missing$/],
  [
    'another version',
    aRecord([...WITHOUT('ce_specversion'), ['ce_specversion', '2.0']]),
    /: the header ce_specversion is "2.0", not 1.0 or 0.3$/,
  ],
  ...['a_b', 'a-b', 'a b', 'ä', 'a\r\nb', 'data'].map(
    (name) =>
      [
        `the name ${JSON.stringify(name)}`,
        aRecord([...REQUIRED, [`ce_${name}`, '']]),
        /: the header "ce_[^\r\n]*" names no attribute: only a-z and 0-9/,
      ] as const,
  ),
  [
    'bytes that are not UTF-8',
    aRecord([...REQUIRED, ['ce_ext', Buffer.of(0x61, 0xff)]]),
    /: the header "ce_ext" is not UTF-8$/,
  ],
  ...['a/b\r\nx: y', 'a/b; n=ü', 'a\0'].map(
    (type) =>
      [
        `the content type ${JSON.stringify(type)}`,
        aRecord([...REQUIRED, ['content-type', type]]),
        /: the header "content-type" has characters that no content type can have$/,
      ] as const,
  ),
  [
    'another content type in ce_datacontenttype',
    aRecord([...REQUIRED, ['ce_datacontenttype', 'a\r\nb']]),
    /: the header "ce_datacontenttype" has characters/,
  ],
  ['an event format without a value', aRecord(STRUCTURED), /: the record has no value$/],
  ['an event format that is no JSON', aRecord(STRUCTURED, 'x'), /not valid JSON at byte 0/],
  [
    'an event format without an id',
    aRecord(STRUCTURED, '{"specversion":"1.0"}'),
    /\/id is missing/,
  ],
  [
    'another event format',
    aRecord([['content-type', 'application/cloudevents+avro']], 'x'),
    /its format is "application\/cloudevents\+avro"/,
  ],
  [
    'a batch',
    aRecord([['content-type', 'application/cloudevents-batch+json']], '[]'),
    /: a Kafka record is one event, and no batch$/,
  ],
]
for (const [name, record, reason] of UNREADABLE) {
  t.test(`readRecord() says why it cannot read a record: ${name}`, (t) => {
    t.match(reasonOf(record), reason)
    t.match(reasonOf(record), /^Cannot read the event: [^\r\n]+$/)
    t.end()
  })
}

t.test('readRecord() keeps what an unreadable record has', (t) => {
  t.strictSame(
    readRecord(
      aRecord(
        [
          ['a', 'ü'],
          ['b', null],
          ['a', '2'],
        ],
        'value',
      ),
      7,
    ),
    {
      offset: 42,
      time: 1_700_000_000_000,
      reason: 'Cannot read the event: the header ce_specversion is missing',
      value: Buffer.from('value'),
      headers: new Map([
        ['a', '2'],
        ['b', ''],
      ]),
    },
  )
  t.end()
})

t.test('readRecord() never throws', (t) => {
  const name = fc.oneof(
    fc.constantFrom(
      ...['ce_specversion', 'ce_id', 'ce_source', 'ce_type', 'content-type', 'ce_datacontenttype'],
      ...['sluice-types', 'sluice-hops', 'sluice-cause', 'traceparent', 'tracestate', 'CE_TIME'],
    ),
    fc.string().map((text) => `ce_${text}`),
    fc.string({ unit: 'binary' }),
  )
  const content = fc.oneof(
    fc.constantFrom('1.0', '0.3', 'application/cloudevents+json', 'id=integer', '__proto__'),
    fc.string({ unit: 'binary' }),
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.constant(null),
  )
  const value = fc.oneof(
    fc.constant(null),
    fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
    fc.json(),
    arbitraryEvent().map((event) => writeStructured(event)),
  )
  let events = 0
  fc.assert(
    fc.property(fc.array(fc.tuple(name, content)), value, fc.boolean(), (headers, bytes, whole) => {
      const read = readRecord(aRecord(whole ? [...REQUIRED, ...headers] : headers, bytes), 0)
      if (!('reason' in read)) events++
    }),
    { numRuns: 2000 },
  )
  t.ok(events > 100, `${events} events`)
  t.end()
})
