import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import { type RequestBytes, writeRequest } from '#delivery/http/write-request.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import { canonicalValue } from '#events/canonical-value.ts'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { readMessage } from '#events/read-message.ts'
import { readStructured } from '#events/read-structured.ts'
import { anEvent } from '../../../support/an-event.ts'
import { arbitraryEvent } from '../../../support/arbitrary-event.ts'

function bytesOf(event: CloudEvent, overrides: Partial<DeliveryRequest> = {}) {
  const request: DeliveryRequest = {
    destination: 'http://sink/a?b=c',
    event,
    namespace: 'shop',
    timeoutMs: 1000,
    trace: undefined,
    caCerts: undefined,
    format: 'binary',
    attributeEncoding: 'percent',
    maxHeaderBytes: 8192,
    acceptReply: false,
    ...overrides,
  }
  const destination = parseDestination(request.destination)
  return destination === undefined ? undefined : writeRequest(destination, request)
}

const ATTRIBUTES = ['ce-specversion: 1.0', 'ce-id: 1', 'ce-source: /test', 'ce-type: test.event']

t.test('the bytes of a request', (t) => {
  const trace = { traceparent: '00-1-2-00', tracestate: 'a=b' }
  const written = bytesOf(anEvent({}, '{"a":"é"}'), { trace, acceptReply: true })

  t.strictSame(written?.head.toString().split('\r\n'), [
    'POST /a?b=c HTTP/1.1',
    'host: sink',
    'connection: keep-alive',
    ...ATTRIBUTES,
    'content-type: application/json',
    'kn-namespace: shop',
    'user-agent: sluice',
    'prefer: reply',
    'traceparent: 00-1-2-00',
    'tracestate: a=b',
    'content-length: 10',
    '',
    '{"a":"é"}',
  ])
  t.equal(written?.body, undefined, 'all in one')
  t.end()
})

t.test('where a body goes', (t) => {
  for (const [length, inHead] of [
    [0, 0],
    [1, 1],
    [65_536, 65_536],
    [65_537, 0],
  ] as const) {
    const data = Buffer.alloc(length, 7)
    const written = bytesOf(anEvent({}, data))
    const end = (written?.head.indexOf('\r\n\r\n') ?? 0) + 4
    t.match(written?.head.toString('latin1'), `\r\ncontent-length: ${length}\r\n\r\n`)
    t.ok(written?.head.subarray(end).equals(data.subarray(0, inHead)), `${length} bytes`)
    t.equal(written?.body, inHead === length ? undefined : data)
  }
  t.match(bytesOf(anEvent())?.head.toString(), '\r\ncontent-length: 0\r\n\r\n', 'without data')
  t.end()
})

t.test('hosts and paths', (t) => {
  const rows: readonly (readonly [string, string, string])[] = [
    ['http://sink', '/', 'sink'],
    ['http://sink:80/', '/', 'sink'],
    ['https://sink:443/', '/', 'sink'],
    ['https://sink:8443/x', '/x', 'sink:8443'],
    ['http://me:secret@sink/x#part', '/x', 'sink'],
    ['http://[::1]:8080/', '/', '[::1]:8080'],
    ['http://ünï.example/ä ö?ü "', '/%C3%A4%20%C3%B6?%C3%BC%20%22', 'xn--n-nga1b.example'],
    ['http://sink/a\r\nx: y', '/ax:%20y', 'sink'],
  ]
  for (const [destination, path, host] of rows) {
    const [line, field] = bytesOf(anEvent(), { destination })?.head.toString().split('\r\n') ?? []
    t.equal(line, `POST ${path} HTTP/1.1`, destination)
    t.equal(field, `host: ${host}`)
  }
  t.end()
})

t.test('no value can end its line (RFC 9110, section 5.5)', (t) => {
  const wrong = ['\r', '\n', '\r\n', '\0', '\x07', '\x1b', '\x7f', '\u0100', '€', '\u{1f600}']
  for (const text of wrong) {
    const name = JSON.stringify(text)
    const value = `a${text}x: y`
    const trace = { traceparent: value }
    const state = { traceparent: 'a', tracestate: value }
    t.equal(bytesOf(anEvent(), { namespace: value }), undefined, `namespace, ${name}`)
    t.equal(bytesOf(anEvent(), { trace }), undefined, `traceparent, ${name}`)
    t.equal(bytesOf(anEvent(), { trace: state }), undefined, `tracestate, ${name}`)
    t.equal(bytesOf(anEvent({ [`a${text}`]: 'b' })), undefined, `name of an attribute, ${name}`)
    const lines = bytesOf(anEvent({ subject: value }))
      ?.head.toString('latin1')
      .split('\r\n')
    t.equal(lines?.length, 13, `an attribute is encoded, ${name}`)
    t.match(lines?.[7], /^ce-subject: a(?:%[\dA-F]{2})+x:%20y$/)
    const raw = bytesOf(anEvent({ subject: value }), { attributeEncoding: 'raw' })
    t.match(raw?.head.toString('latin1').split('\r\n')[7], /^ce-subject: a(?:%[\dA-F]{2})+x: y$/)
  }
  t.equal(bytesOf(anEvent({ 'a b': 'c' })), undefined, 'a space in a name')
  t.equal(bytesOf(anEvent({ 'a:b': 'c' })), undefined, 'a colon in a name')
  const latin = bytesOf(anEvent({ datacontenttype: 'a/b; c="é\t"' }))
  t.ok(latin?.head.includes(Buffer.from('content-type: a/b; c="é\t"\r\n', 'latin1')), 'Latin-1 is')
  t.end()
})

/** Whether the request is in structured mode; its body read again where it is. */
function structured(event: CloudEvent, overrides: Partial<DeliveryRequest> = {}) {
  const { head, body } = bytesOf(event, overrides) ?? {}
  const text = head?.toString('latin1') ?? ''
  if (!text.includes('\r\ncontent-type: application/cloudevents+json\r\n')) return undefined
  const rest = head?.subarray(text.indexOf('\r\n\r\n') + 4)
  return readStructured(body ?? rest ?? Buffer.alloc(0))
}

t.test('structured mode: the head says nothing of the event', (t) => {
  const trace = { traceparent: '00-1-2-00' }
  const { attributes, data } = anEvent({ subject: 'é' }, '{"a":"é"}')
  const event = {
    attributes: new Map<string, AttributeValue>([...attributes, ['flag', true]]),
    data,
  }
  const text = bytesOf(event, { format: 'json', trace, acceptReply: true })?.head.toString()
  const body =
    '{"specversion":"1.0","id":"1","source":"/test","type":"test.event","datacontenttype":' +
    '"application/json","subject":"é","flag":true,"data":{"a":"é"}}'

  t.strictSame(text?.split('\r\n'), [
    'POST /a?b=c HTTP/1.1',
    'host: sink',
    'connection: keep-alive',
    'content-type: application/cloudevents+json',
    'kn-namespace: shop',
    'user-agent: sluice',
    'prefer: reply',
    'traceparent: 00-1-2-00',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ])
  const large = bytesOf(anEvent({}, `"${'x'.repeat(100_000)}"`), { format: 'json' })
  t.equal(large?.head.subarray(-4).toString(), '\r\n\r\n', 'a large body goes by itself')
  t.match(large?.head.toString(), `content-length: ${large?.body?.length}\r\n`)
  t.end()
})

t.test('H19: a head that would be too large is not sent', (t) => {
  const event = anEvent({ subject: 'x'.repeat(100) }, '{}')
  const bytes = (bytesOf(event)?.head.length ?? 0) - 2
  t.equal(structured(event, { maxHeaderBytes: bytes }), undefined, 'one that just fits')
  t.same(structured(event, { maxHeaderBytes: bytes - 1 }), event, 'one byte more')

  const encoded = anEvent({ subject: '€'.repeat(1000) }, '{}')
  t.same(structured(encoded), encoded, 'counted as they are encoded')
  const spaces = anEvent({ subject: ' a'.repeat(2000) }, '{}')
  t.same(structured(spaces), spaces, 'a space has three bytes')
  t.equal(structured(spaces, { attributeEncoding: 'raw' }), undefined, 'or one')
  t.end()
})

t.test('H19: no more than 100 header fields', (t) => {
  const many = (count: number) =>
    anEvent(Object.fromEntries(Array.from({ length: count }, (_, i) => [`x${i}`, 'y'])))
  const fields = (bytesOf(many(0))?.head.toString().split('\r\n').length ?? 0) - 3
  t.equal(structured(many(100 - fields)), undefined, 'a hundred')
  t.same(structured(many(101 - fields)), many(101 - fields), 'one more')
  t.end()
})

t.test('what cannot be a header field is sent in structured mode', (t) => {
  for (const text of [
    '\r',
    '\n',
    '\r\n',
    '\0',
    '\x07',
    '\x1b',
    '\x7f',
    '\u0100',
    '€',
    '\u{1f600}',
  ]) {
    const name = JSON.stringify(text)
    const written = bytesOf(anEvent({ datacontenttype: `a${text}x: y` }))
    const lines = written?.head.toString('latin1').split('\r\n')
    t.equal(lines?.[3], 'content-type: application/cloudevents+json', name)
    t.equal(lines?.length, 9, `and ends no line, ${name}`)
    const body = JSON.parse(lines?.at(-1) ?? '')
    t.equal(Buffer.from(body.datacontenttype, 'latin1').toString(), `a${text}x: y`, name)
  }
  t.end()
})

t.test('an event whose data is an event does not arrive as the inner one', (t) => {
  const inner = '{"specversion":"1.0","id":"inner","source":"/","type":"t"}'
  const types = ['application/cloudevents+json', 'Application/CloudEvents-batch+JSON; a=b']
  for (const datacontenttype of types) {
    const event = anEvent({ datacontenttype }, inner)
    t.same(readAgain(bytesOf(event) ?? assert.fail()), canonical(event), datacontenttype)
  }
  t.end()
})

t.test('a content type does not lose the space at its end', (t) => {
  const event = anEvent({ datacontenttype: 'text/plain; ' }, 'x')

  t.same(structured(event), event)
  t.end()
})

/** The event that whoever reads these bytes gets, without types, and without the order of attributes. */
function readAgain({ head, body }: RequestBytes): unknown {
  const end = head.indexOf('\r\n\r\n')
  const [, ...fields] = head.toString('latin1', 0, end).split('\r\n')
  const rawHeaders = fields.flatMap((field) => /^(.*?): (.*)$/.exec(field)?.slice(1) ?? [])
  const data = body ?? head.subarray(end + 4)
  const limits = { maxEventBytes: 1_000_000, maxBatchEvents: 1 }
  const [event] = readMessage(rawHeaders, data, limits).events
  return event && canonical(event)
}

function canonical({ attributes, data }: CloudEvent): unknown {
  const values = [...attributes].map(([name, value]) => `${name}=${canonicalValue(value)}`)
  return { values: values.sort(), data: Buffer.from(data ?? []).toString('hex') }
}

t.test('any event arrives as what it is, in either mode', async () => {
  const modes = [{ format: 'json' }, { maxHeaderBytes: 1 }, { maxHeaderBytes: 500 }] as const
  for (const overrides of modes) {
    fc.assert(
      fc.property(arbitraryEvent(), (event) => {
        const written = bytesOf(event, overrides)
        assert.deepStrictEqual(written && readAgain(written), canonical(event))
      }),
      { seed: 20250101, numRuns: 200 },
    )
  }
})
