import t from 'tap'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import { writeRequest } from '#delivery/http/write-request.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import type { CloudEvent } from '#events/event.ts'
import { anEvent } from '../../../support/an-event.ts'

function bytesOf(event: CloudEvent, overrides: Partial<DeliveryRequest> = {}) {
  const request: DeliveryRequest = {
    destination: 'http://sink/a?b=c',
    event,
    namespace: 'shop',
    timeoutMs: 1000,
    trace: undefined,
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
    t.equal(bytesOf(anEvent({ datacontenttype: value })), undefined, `content type, ${name}`)
    t.equal(bytesOf(anEvent(), { namespace: value }), undefined, `namespace, ${name}`)
    t.equal(bytesOf(anEvent(), { trace }), undefined, `traceparent, ${name}`)
    t.equal(bytesOf(anEvent(), { trace: state }), undefined, `tracestate, ${name}`)
    t.equal(bytesOf(anEvent({ [`a${text}`]: 'b' })), undefined, `name of an attribute, ${name}`)
    const lines = bytesOf(anEvent({ subject: value }))
      ?.head.toString('latin1')
      .split('\r\n')
    t.equal(lines?.length, 13, `an attribute is encoded, ${name}`)
    t.match(lines?.[7], /^ce-subject: a(?:%[\dA-F]{2})+x:%20y$/)
  }
  t.equal(bytesOf(anEvent({ 'a b': 'c' })), undefined, 'a space in a name')
  t.equal(bytesOf(anEvent({ 'a:b': 'c' })), undefined, 'a colon in a name')
  const latin = bytesOf(anEvent({ datacontenttype: 'a/b; c="é\t"' }))
  t.ok(latin?.head.includes(Buffer.from('content-type: a/b; c="é\t"\r\n', 'latin1')), 'Latin-1 is')
  t.end()
})
