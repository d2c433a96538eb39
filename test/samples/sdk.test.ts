import type { IncomingHttpHeaders } from 'node:http'
import { CloudEvent, HTTP, httpTransport } from 'cloudevents'
import t from 'tap'
import { readMessage } from '#events/read-message.ts'
import { BadRequest } from '../../services/samples/bad-request.ts'
import { BoundedMap } from '../../services/samples/bounded-map.ts'
import { createPublisher } from '../../services/samples/create-publisher.ts'
import { LatestValues } from '../../services/samples/latest-values.ts'
import { readSink } from '../../services/samples/read-sink.ts'
import { receiveEvent } from '../../services/samples/receive-event.ts'
import { writeEvent } from '../../services/samples/write-event.ts'
import { hang, ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'

const REQUIRED = { 'ce-specversion': '1.0', 'ce-id': '1', 'ce-source': '/s', 'ce-type': 't' }
const MEMBERS = { specversion: '1.0', id: '1', source: '/s', type: 't' }
const STRUCTURED = { 'content-type': 'application/cloudevents+json' }

/** In binary content mode. */
const binary = (headers: IncomingHttpHeaders, body = '') =>
  receiveEvent({ ...REQUIRED, ...headers }, Buffer.from(body))
/** In structured content mode. */
const structured = (members: object, headers: IncomingHttpHeaders = STRUCTURED) =>
  receiveEvent(headers, Buffer.from(JSON.stringify(members)))
/** What the SDK alone makes of it. */
const bySdk = (headers: object, body: unknown) =>
  HTTP.toEvent({ headers: { ...headers }, body }) as CloudEvent<unknown>

t.test('SDK bug: headers are not percent-decoded', async (t) => {
  const headers = { ...REQUIRED, 'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80' }

  t.equal(bySdk(headers, undefined).subject, 'Euro%20%E2%82%AC%20%F0%9F%98%80')
  t.equal(binary(headers).subject, 'Euro € 😀')
  t.throws(() => binary({ 'ce-subject': '%E2' }), BadRequest)
})

t.test('SDK bug: headers are not percent-encoded', async (t) => {
  const event = new CloudEvent({ ...MEMBERS, subject: 'Euro € "😀" 100%\ud800', data: {} })

  t.equal(HTTP.binary(event).headers['ce-subject'], 'Euro € "😀" 100%\ud800')
  const { headers, body } = writeEvent(event)
  t.equal(headers['ce-subject'], 'Euro%20%E2%82%AC%20%22%F0%9F%98%80%22%20100%25%EF%BF%BD')
  const limits = { maxEventBytes: 1e6, maxBatchEvents: 1 }
  const read = readMessage(Object.entries(headers).flat(), Buffer.from(body), limits)
  t.equal(read.events[0]?.attributes.get('subject'), 'Euro € "😀" 100%\ufffd')
})

t.test('SDK bug: attributes that are missing are made up', async (t) => {
  const { 'ce-specversion': _, ...without } = REQUIRED

  t.equal(bySdk(without, undefined).specversion, '1.0')
  t.match(bySdk({ ...STRUCTURED }, { ...MEMBERS, id: undefined }).id, /^[0-9a-f-]{36}$/)
  for (const name of ['id', 'source', 'type', 'specversion']) {
    const expected = { status: 400, message: new RegExp(`${name} is missing`) }
    t.throws(() => binary({ [`ce-${name}`]: undefined }), expected)
    t.throws(() => binary({ [`ce-${name}`]: '' }), expected)
    t.throws(() => structured({ ...MEMBERS, [name]: undefined }), expected)
    t.throws(() => structured({ ...MEMBERS, [name]: 1 }), expected)
  }
})

t.test('SDK bug: a content type is compared as a string', async (t) => {
  const json = { 'content-type': 'application/vnd.x+json; charset=UTF-8' }
  const charset = { 'content-type': 'Application/CloudEvents+JSON;charset=UTF-8' }

  t.equal(bySdk({ ...REQUIRED, ...json }, '{"a":1}').data, '{"a":1}')
  t.throws(() => bySdk(charset, JSON.stringify(MEMBERS)))
  const event = binary(json, '{"a":1}')
  t.strictSame(event.data, { a: 1 })
  t.equal(event.datacontenttype, 'application/vnd.x+json; charset=UTF-8')
  t.equal(structured({ ...MEMBERS, data: [1] }, charset).id, '1')
})

t.test('SDK bug: ce-datacontenttype overrides Content-Type', async (t) => {
  const headers = { 'content-type': 'application/json', 'ce-datacontenttype': 'text/plain' }

  t.equal(bySdk({ ...REQUIRED, ...headers }, '{"a":1}').datacontenttype, 'text/plain')
  t.strictSame(binary(headers, '{"a":1}').data, { a: 1 })
})

t.test('SDK bug: JSON scalars become strings or nothing', async (t) => {
  const json = { 'content-type': 'application/json' }

  t.equal(bySdk({ ...REQUIRED, ...json }, 'true').data, 'true')
  t.throws(() => bySdk({ ...REQUIRED, ...json }, ' {"a":1}'))
  t.equal(bySdk(STRUCTURED, { ...MEMBERS, data: false }).data, undefined)
  for (const value of [true, false, null, 0, 1.5, '', 'text', [], {}]) {
    const text = JSON.stringify(value)
    t.strictSame(binary(json, ` ${text}`).data, value, text)
    t.strictSame(structured({ ...MEMBERS, data: value }).data, value, text)
  }
  t.throws(() => binary(json, '{"a":'), BadRequest)
})

t.test('SDK bug: data_base64 becomes four bytes for each', async (t) => {
  const members = { ...MEMBERS, datacontenttype: 'image/png', data_base64: 'AQL/' }
  const data = bySdk(STRUCTURED, { ...members }).data

  t.ok(data instanceof Uint32Array && data.byteLength === 12)
  t.strictSame(structured(members).data, Buffer.from([1, 2, 255]))
  const bytes = Buffer.from([0xff, 0xfe, 0])
  const received = receiveEvent({ ...REQUIRED, 'content-type': 'image/png' }, bytes)
  t.strictSame(received.data, bytes, 'and bytes stay bytes in binary mode')
})

t.test("SDK bug: an extension may replace the event's own methods", async (t) => {
  t.throws(() => bySdk({ ...REQUIRED, 'ce-validate': 'x' }, undefined).validate(), TypeError)
  for (const name of ['validate', 'emit']) {
    t.equal(binary({ [`ce-${name}`]: 'x', 'ce-other': 'y' })['other'], 'y')
    t.equal(structured({ ...MEMBERS, [name]: 'x', other: 'y' })['other'], 'y')
  }
})

t.test('SDK bug: bodies that are no object are taken for events', async (t) => {
  t.type(bySdk(STRUCTURED, '[]').id, 'string')
  for (const body of [[], 'text', 1, null]) t.throws(() => structured(body as object), BadRequest)
  t.throws(() => receiveEvent(STRUCTURED, Buffer.from('{')), BadRequest)
})

t.test('receiveEvent() takes one event, no batch and no other format', async (t) => {
  for (const type of ['application/cloudevents-batch+json', 'application/cloudevents+avro']) {
    t.throws(() => structured([MEMBERS], { 'content-type': type }), {
      status: 415,
      name: 'BadRequest',
    })
  }
  t.throws(() => receiveEvent({}, Buffer.from('{}')), { status: 400, name: 'BadRequest' })
  t.equal(binary({ 'ce-specversion': '0.3' }).specversion, '0.3')
  t.equal(binary({}).data, undefined)
})

t.test('SDK bug: httpTransport hides the status', async (t) => {
  const sink = await ScriptedSubscriber.start(status(500))
  const publisher = createPublisher({ url: sink.url, extensions: { region: 'Köln' } }, 50)
  t.teardown(async () => {
    await publisher.close()
    await sink.close()
  })
  const fact = { type: 't', source: '/s', subject: '1', data: { a: 1 } }

  await t.resolves(httpTransport(sink.url)(HTTP.binary(new CloudEvent(fact))))
  await t.rejects(publisher.publish(fact), { name: 'PublishFailure', sinkStatus: 500, status: 503 })
  t.equal(sink.received[1]?.headers['ce-region'], 'K%C3%B6ln', 'K_CE_OVERRIDES are obeyed')

  sink.behaviour = hang
  await t.rejects(
    publisher.publish(fact),
    { name: 'PublishFailure', sinkStatus: undefined, status: 503 },
    'and waits no longer than it is told',
  )
})

t.test('readSink() reads what SinkBinding sets', async (t) => {
  const url = 'http://broker-ingress.knative-eventing.svc/default/default'
  const rows: [Record<string, string>, object | RegExp][] = [
    [{ K_SINK: url }, { url, extensions: {} }],
    [
      { K_SINK: url, K_CE_OVERRIDES: '' },
      { url, extensions: {} },
    ],
    [
      { K_SINK: url, K_CE_OVERRIDES: '{}' },
      { url, extensions: {} },
    ],
    [
      { K_SINK: url, K_CE_OVERRIDES: '{"extensions":{"region":"eu"}}' },
      { url, extensions: { region: 'eu' } },
    ],
    [{}, /^K_SINK must be/],
    [{ K_SINK: 'broker' }, /^K_SINK must be .* not "broker"$/],
    [{ K_SINK: 'ftp://broker' }, /^K_SINK must be/],
    [{ K_SINK: url, K_CE_OVERRIDES: '{' }, /^K_CE_OVERRIDES must be/],
    [{ K_SINK: url, K_CE_OVERRIDES: '[]' }, /^K_CE_OVERRIDES must be/],
    [{ K_SINK: url, K_CE_OVERRIDES: '{"extensions":[]}' }, /^K_CE_OVERRIDES must be/],
    [{ K_SINK: url, K_CE_OVERRIDES: '{"extensions":{"a":1}}' }, /^K_CE_OVERRIDES must be/],
    [{ K_SINK: url, K_CE_OVERRIDES: '{"extensions":{"a-b":""}}' }, /^K_CE_OVERRIDES must be/],
  ]
  for (const [env, expected] of rows) {
    const name = JSON.stringify(env)
    if (expected instanceof RegExp) t.throws(() => readSink(env), { message: expected }, name)
    else t.strictSame(readSink(env), expected, name)
  }
})

t.test('BoundedMap forgets the oldest, LatestValues too', async (t) => {
  const map = new BoundedMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('a', 3).set('c', 4)
  t.strictSame(
    [...map],
    [
      ['b', 2],
      ['c', 4],
    ],
  )

  const values = new LatestValues(4)
  t.strictSame(values.percentiles(50, 99), { 50: 0, 99: 0 })
  for (const value of [100, 1, 2, 3, 4]) values.add(value)
  t.strictSame(values.percentiles(0, 50, 75, 100), { 0: 1, 50: 2, 75: 3, 100: 4 })
})
