import t from 'tap'
import { eventSize } from '#events/event-size.ts'
import { type Message, readMessage } from '#events/read-message.ts'
import { readReply } from '#events/read-reply.ts'
import { Problem } from '#problems/problem.ts'
import { anEvent } from '../../support/an-event.ts'

const LIMITS = { maxEventBytes: 65536, maxBatchEvents: 3 }
const BINARY = ['ce-specversion', '1.0', 'ce-id', '1', 'ce-source', '/test', 'ce-type', 't']
const EVENT = '{"specversion":"1.0","id":"1","source":"/test","type":"t"}'

function read(rawHeaders: readonly string[], body = ''): Message {
  return readMessage(rawHeaders, Buffer.from(body), LIMITS)
}

/** The Problem that comes, in short: its type, and each violation's rule and place. */
function problem(act: () => unknown): string {
  try {
    act()
    return 'none'
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    const where = error.violations.map(({ rule, at, index }) => ` ${rule} ${at} ${index ?? '-'}`)
    return [error.type, ...where].join()
  }
}

function type(value: string): string[] {
  return ['Content-Type', value]
}

const MODES: readonly [rule: string, headers: readonly string[], body: string, mode: string][] = [
  ['H1 binary', BINARY, '', 'binary'],
  [
    'H2 binary, whatever its content type',
    [...BINARY, ...type('application/json')],
    EVENT,
    'binary',
  ],
  ['H1 structured', type('application/cloudevents+json'), EVENT, 'structured'],
  ['H2 any case', type('APPLICATION/CloudEvents+JSON; charset="utf-8"'), EVENT, 'structured'],
  ['H2 no space', type('application/cloudevents+json;charset=UTF-8'), EVENT, 'structured'],
  ['H2 other parameters', type('application/cloudevents+json ;x=y'), EVENT, 'structured'],
  ['H15 payload wins', [...BINARY, ...type('application/cloudevents+json')], EVENT, 'structured'],
  ['H17 batch', type('application/cloudevents-batch+json'), `[${EVENT}]`, 'batch'],
  ['H17 batch in any case', type('Application/CloudEvents-Batch+JSON'), `[${EVENT}]`, 'batch'],
  ['identity', [...BINARY, 'Content-Encoding', 'Identity'], '', 'binary'],
]
for (const [rule, headers, body, mode] of MODES) {
  t.test(`readMessage() knows the content mode: ${rule}`, async (t) => {
    const message = read(headers, body)

    t.equal(message.mode, mode)
    t.equal(message.events[0]?.attributes.get('id'), '1')
  })
}

const REFUSED: readonly [
  rule: string,
  headers: readonly string[],
  body: string,
  problem: string,
][] = [
  ['H14 nothing of an event', [], '', 'not-an-event'],
  ['H14 plain JSON', type('application/json'), EVENT, 'not-an-event'],
  [
    'H14 a part',
    ['ce-id', '1', 'ce-type', 't'],
    '',
    'event-invalid, N5 ce-specversion -, N5 ce-source -',
  ],
  ['H3 avro', type('application/cloudevents+avro'), '', 'not-an-event'],
  [
    'H3 protobuf, though with headers',
    [...BINARY, ...type('application/cloudevents+protobuf')],
    '',
    'not-an-event',
  ],
  ['H3 no format', type('application/cloudevents'), EVENT, 'not-an-event'],
  ['H3 another name', type('application/cloudeventsfoo+json'), EVENT, 'not-an-event'],
  ['H3 batch of avro', type('application/cloudevents-batch+avro'), EVENT, 'not-an-event'],
  ['gzip', [...BINARY, 'Content-Encoding', 'gzip'], '', 'not-an-event'],
  ['gzip after identity', [...BINARY, 'Content-Encoding', 'identity, gzip'], '', 'not-an-event'],
  [
    'gzip in a second header',
    [...BINARY, 'content-encoding', 'identity', 'content-encoding', 'gzip'],
    '',
    'not-an-event',
  ],
  [
    'H12 two content types',
    [...type('application/cloudevents+json'), ...type('text/plain')],
    EVENT,
    'event-invalid, H12 content-type -',
  ],
  [
    'J15 another charset',
    type('application/cloudevents+json; charset=utf-16'),
    EVENT,
    'event-invalid, J15 content-type -',
  ],
  ['J12 structured', type('application/cloudevents+json'), '[]', 'event-invalid, J12  -'],
]
for (const [rule, headers, body, expected] of REFUSED) {
  t.test(`readMessage() refuses: ${rule}`, async (t) => {
    t.equal(
      problem(() => read(headers, body)),
      expected,
    )
  })
}

const BATCH = type('application/cloudevents-batch+json')
const OLD = EVENT.replace('1.0', '0.3')
const BATCHES: readonly [rule: string, body: string, problem: string][] = [
  ['J12 an object', '{}', 'event-invalid, J12  -'],
  ['J12 no JSON', `[${EVENT}`, 'event-invalid, J12  -'],
  ['J12 a comma too many', `[${EVENT},]`, 'event-invalid, J12  -'],
  ['J12 trailing garbage', `[${EVENT}]x`, 'event-invalid, J12  -'],
  ['J12 trailing garbage after nothing', '[] x', 'event-invalid, J12  -'],
  ['J15', '\ufeff[]', 'event-invalid, J15  -'],
  ['H17 no object', `["a",${EVENT},[]]`, 'event-invalid, J12 /0 0, J12 /2 2'],
  ['N11 mixed versions', `[${EVENT},${OLD}]`, 'event-invalid, N11 /1/specversion 1'],
  [
    'N11 N9 mixed with an unknown version',
    `[${EVENT},${EVENT.replace('1.0', '0.9')}]`,
    'event-invalid, N9 /1/specversion 1, N11 /1/specversion 1',
  ],
  [
    'all or nothing, and all that is wrong',
    `[{"id":""},${EVENT},{"specversion":"1.0","id":"1","source":"a b","type":"t","A":1}]`,
    'event-invalid, N5 /0/id 0, N5 /0/specversion 0, N5 /0/type 0, N5 /0/source 0, N1 /2/A 2, T5 /2/source 2',
  ],
  ['too many', `[${EVENT},${EVENT},${EVENT},${EVENT}]`, 'event-too-large'],
]
for (const [rule, body, expected] of BATCHES) {
  t.test(`readMessage() refuses a batch: ${rule}`, async (t) => {
    const found = problem(() => read(BATCH, body))

    t.equal(found.split(', ').sort().join(), expected.split(', ').sort().join())
  })
}

t.test('readMessage() reads batches of none, one, the most (H17), of version 0.3', async (t) => {
  t.strictSame(read(BATCH, ' [ ] ').events, [])
  t.equal(read(BATCH, `[${EVENT}]`).events.length, 1)
  t.equal(read(BATCH, ` [ ${EVENT} , ${EVENT},${EVENT} ] `).events.length, 3)
  t.equal(read(BATCH, `[${OLD},${OLD}]`).events.length, 2)
})

t.test('readMessage() gives each event of a batch its own data', async (t) => {
  const events = [1, 2].map((n) => EVENT.replace('}', `,"data":{ "n":${n} }}`)).join()

  const message = read(BATCH, `[${events}]`)

  t.strictSame(
    message.events.map(({ data }) => Buffer.from(data ?? []).toString()),
    ['{ "n":1 }', '{ "n":2 }'],
  )
})

t.test('readMessage() lists what is wrong with every event of a large batch', async (t) => {
  const body = Buffer.from(`[${Array.from({ length: 400 }, () => '{}').join()}]`)

  const limits = { maxEventBytes: 1000, maxBatchEvents: 400 }

  const found = problem(() => readMessage(BATCH, body, limits)).split(', ')

  t.equal(found.length, 1 + 1000)
  t.equal(found.at(-1), 'N5 /249/source 249')
})

t.test('readMessage() counts attributes and data, in bytes', async (t) => {
  const size = eventSize(read([...BINARY, 'ce-ext', '%E2%82%AC'], 'data').events[0]!)
  t.equal(size, 'specversion1.0id1source/testtypetext'.length + 3 + 'data'.length)

  const limit = (maxEventBytes: number) => ({ maxEventBytes, maxBatchEvents: 1 })
  const headers = [...BINARY, 'ce-ext', '%E2%82%AC']
  t.equal(readMessage(headers, Buffer.from('data'), limit(size)).events.length, 1)
  t.equal(
    problem(() => readMessage(headers, Buffer.from('data'), limit(size - 1))),
    'event-too-large',
  )
})

t.test('eventSize() counts typed attributes as their canonical strings', async (t) => {
  const event = {
    attributes: new Map<string, string | number | boolean>([
      ['a', true],
      ['b', -10],
    ]),
    data: undefined,
  }

  t.equal(eventSize(event), 1 + 4 + 1 + 3)
  t.equal(eventSize(anEvent({}, 'é')) - eventSize(anEvent({}, '')), 2)
})

t.test('readMessage() takes events of 64 KiB in a body or a header (H19)', async (t) => {
  const body = 'x'.repeat(65000)
  t.equal(read([...BINARY, ...type('text/plain')], body).events[0]?.data?.length, 65000)
  t.equal(read([...BINARY, 'ce-ext', 'x'.repeat(49152)]).events.length, 1)
  t.equal(
    problem(() => read(BINARY, 'x'.repeat(65536))),
    'event-too-large',
  )
})

t.test('readReply() finds no event where none is claimed', async (t) => {
  const answers = [
    [],
    type('text/plain'),
    [...type('application/json'), 'content-encoding', 'gzip'],
  ]
  for (const headers of answers) t.equal(readReply(headers, Buffer.from('ok')), undefined)
})

t.test('readReply() reads both modes', async (t) => {
  const structured = type('application/cloudevents+json; charset=utf-8')

  t.equal(readReply(BINARY, Buffer.from('x'))?.attributes.get('id'), '1')
  t.equal(readReply(structured, Buffer.from(EVENT))?.attributes.get('id'), '1')
})

t.test('readReply() throws where an event is claimed and is none', async (t) => {
  const reply = (headers: readonly string[], body = '') =>
    problem(() => readReply(headers, Buffer.from(body)))

  t.equal(
    reply(['ce-id', '1', 'ce-source', '/', 'ce-type', 't']),
    'event-invalid, N5 ce-specversion -',
  )
  t.equal(reply(BATCH, '[]'), 'event-invalid, H16 content-type -')
  t.equal(reply(type('application/cloudevents+json')), 'event-invalid, J12  -')
  t.equal(reply(type('application/cloudevents+avro')), 'not-an-event')
  t.equal(reply([...BINARY, 'content-encoding', 'br']), 'not-an-event')
})
