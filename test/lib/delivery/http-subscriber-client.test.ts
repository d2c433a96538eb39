import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import type { Outcome } from '#delivery/outcome.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import { systemClock } from '#time/system-clock.ts'
import { anEvent } from '../../support/an-event.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import {
  after,
  type Behaviour,
  closeSocket,
  drip,
  endless,
  hang,
  inTurn,
  raw,
  reply,
  ScriptedSubscriber,
  status,
} from '../../support/scripted-subscriber.ts'
import { SELF_SIGNED } from '../../support/self-signed.ts'

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'

type Setup = { readonly maxReplyBytes?: number }

async function setUp(t: Test, behaviour: Behaviour, { maxReplyBytes }: Setup = {}) {
  const subscriber = await ScriptedSubscriber.start(behaviour)
  const client = new HttpSubscriberClient(
    maxReplyBytes === undefined ? { clock: systemClock } : { clock: systemClock, maxReplyBytes },
  )
  t.teardown(async () => {
    await subscriber.close()
    await client.close()
  })
  const deliver = (
    overrides: Partial<DeliveryRequest> = {},
    signal = new AbortController().signal,
  ): Promise<Outcome> =>
    client.deliver(
      {
        destination: subscriber.url,
        event: anEvent({}, '{}'),
        namespace: 'default',
        timeoutMs: 5000,
        trace: undefined,
        caCerts: undefined,
        format: 'binary',
        attributeEncoding: 'percent',
        maxHeaderBytes: 8192,
        acceptReply: true,
        ...overrides,
      },
      signal,
    )
  return { subscriber, client, deliver }
}

/** An outcome without what differs from run to run. */
function facts(outcome: Outcome): Record<string, unknown> {
  const { durationMs, ...rest } = outcome
  return rest
}

async function tcpServer(t: Test, onSocket: (socket: Socket) => void) {
  const server = createTcpServer(onSocket).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const address = server.address()
  return { server, port: typeof address === 'object' ? address?.port : undefined }
}

t.test('the request (Knative data plane)', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  const event = anEvent(
    { subject: 'Größe 1', datacontenttype: 'Text/Plain; a=b', traceparent: 'own' },
    'hello',
  )
  await deliver({
    destination: `${subscriber.url}a/b?c=d`,
    event,
    namespace: 'shop',
    trace: { traceparent: TRACE, tracestate: 'a=b' },
  })
  await deliver({ event: anEvent(), acceptReply: false })
  const [first, second] = await subscriber.waitFor(2)
  t.equal(first?.method, 'POST')
  t.equal(first?.url, '/a/b?c=d')
  t.equal(first?.body.toString(), 'hello')
  t.strictSame(
    { ...first?.headers },
    {
      host: `127.0.0.1:${subscriber.port}`,
      connection: 'keep-alive',
      'ce-specversion': '1.0',
      'ce-id': '1',
      'ce-source': '/test',
      'ce-type': 'test.event',
      'ce-subject': 'Gr%C3%B6%C3%9Fe%201',
      'ce-traceparent': 'own',
      'content-type': 'Text/Plain; a=b',
      'kn-namespace': 'shop',
      'user-agent': 'sluice',
      prefer: 'reply',
      traceparent: TRACE,
      tracestate: 'a=b',
      'content-length': '5',
    },
  )
  t.notOk(second?.headers.prefer, 'a sink is not asked for a reply')
  t.notOk(second?.headers['content-type'])
  t.notOk(second?.headers.traceparent)
  t.equal(second?.body.length, 0)
  t.equal(subscriber.connectionCount, 1, 'the connection was kept alive')
})

t.test('statuses (Knative data plane, "Event Acknowledgement and Delivery Retry")', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  for (const code of [200, 201, 202, 203, 204, 205, 299]) {
    subscriber.behaviour = status(code)
    t.strictSame(
      facts(await deliver()),
      { kind: 'delivered', status: code, reply: undefined },
      `${code}`,
    )
  }
  const retried = [404, 408, 409, 429, 500, 501, 502, 503, 504, 599]
  const final = [
    300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 405, 406, 410, 413, 415, 422, 425, 499,
  ]
  for (const code of [...retried, ...final]) {
    subscriber.behaviour = status(code, { headers: { location: subscriber.url } })
    const outcome = await deliver()
    t.match(
      facts(outcome),
      { kind: 'failed', status: code, retryable: retried.includes(code) },
      `${code}`,
    )
    if (outcome.kind === 'failed') t.match(outcome.error, new RegExp(`status ${code}`))
  }
  t.equal(subscriber.received.length, 7 + retried.length + final.length, 'no redirect was followed')

  subscriber.behaviour = raw(
    'HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n',
  )
  t.match(
    await deliver(),
    { kind: 'delivered', status: 202 },
    'an informational status is passed over',
  )
})

t.test('what a failure tells', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  const body = Buffer.alloc(5000, 'é')
  subscriber.behaviour = status(500, {
    headers: {
      'Kne-Reason': 'poison',
      'kne-x-dash': 'x',
      'kne-x_y': 'x',
      'kne-id': '2',
      'retry-after': '7',
    },
    body,
  })
  t.strictSame(facts(await deliver()), {
    kind: 'failed',
    retryable: true,
    status: 500,
    error: 'Answered with status 500',
    responseData: body.subarray(0, 1024),
    responseExtensions: { reason: 'poison' },
  })
  const rows: readonly (readonly [number, string, number | undefined])[] = [
    [429, '7', 7000],
    [503, '0', 0],
    [503, 'Thu, 01 Jan 1970 00:00:00 GMT', 0],
    [429, 'later', undefined],
    [500, '7', undefined],
    [404, '7', undefined],
  ]
  for (const [code, value, expected] of rows) {
    subscriber.behaviour = status(code, { headers: { 'retry-after': value } })
    const outcome = await deliver()
    t.equal(outcome.kind === 'failed' && outcome.retryAfterMs, expected, `${code} with "${value}"`)
  }
})

t.test('replies (Knative data plane, "Derived (Reply) Events")', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202), { maxReplyBytes: 4096 })
  const answer = anEvent({ id: 'r', subject: 'Größe' }, '{"a":1}')
  const structured = JSON.stringify({
    specversion: '1.0',
    id: 'r',
    source: '/s',
    type: 't',
    data: 1,
  })
  const ce = { 'ce-specversion': '1.0', 'ce-id': 'r', 'ce-source': '/s', 'ce-type': 't' }
  const json = { 'content-type': 'application/cloudevents+json' }

  for (const code of [200, 201, 299]) {
    subscriber.behaviour = reply(answer, code)
    const outcome = await deliver()
    const got = outcome.kind === 'delivered' ? outcome.reply : undefined
    t.strictSame(
      got && [...got.attributes].sort(),
      [...answer.attributes].sort(),
      `${code}: its attributes`,
    )
    t.equal(got?.data && Buffer.from(got.data).toString(), '{"a":1}', `${code}: its data`)
  }
  subscriber.behaviour = status(200, { headers: json, body: structured })
  t.match(await deliver(), { kind: 'delivered', reply: { data: Buffer.from('1') } }, 'structured')
  subscriber.behaviour = status(204, { headers: ce })
  t.match(await deliver(), { kind: 'delivered', reply: { data: undefined } }, 'without data')

  const none: readonly (readonly [string, Behaviour, boolean?])[] = [
    ['a 202 with an event', reply(answer, 202)],
    ['a 202 with a broken event', status(202, { headers: { 'ce-id': '1' } })],
    ['plain text', status(200, { headers: { 'content-type': 'text/plain' }, body: 'OK' })],
    ['JSON', status(200, { headers: { 'content-type': 'application/json' }, body: structured })],
    ['a body without type', status(200, { body: 'OK' })],
    ['an event that nobody asked for', reply(answer), false],
    ['a broken event that nobody asked for', status(200, { headers: { 'ce-id': '1' } }), false],
  ]
  for (const [name, behaviour, acceptReply = true] of none) {
    subscriber.behaviour = behaviour
    const outcome = await deliver({ acceptReply })
    t.match(facts(outcome), { kind: 'delivered', reply: undefined }, `${name} is success`)
    t.equal(outcome.kind === 'delivered' && outcome.reply, undefined, `${name} is no reply`)
  }

  const invalid: readonly (readonly [string, Behaviour])[] = [
    [
      'ce-* headers without id',
      status(200, { headers: { 'ce-specversion': '1.0', 'ce-type': 't' } }),
    ],
    ['one stray ce-* header', status(200, { headers: { 'ce-foo': 'secret' }, body: 'secret' })],
    ['structured, empty', status(200, { headers: json })],
    ['structured, no JSON', status(200, { headers: json, body: '{"secret' })],
    [
      'a batch',
      status(200, {
        headers: { 'content-type': 'application/cloudevents-batch+json' },
        body: '[]',
      }),
    ],
    [
      'an unknown format',
      status(200, {
        headers: { 'content-type': 'application/cloudevents+xml' },
        body: '<secret/>',
      }),
    ],
    ['compressed', status(200, { headers: { ...ce, 'content-encoding': 'gzip' }, body: 'secret' })],
    ['more than maxReplyBytes', reply(anEvent({}, 'x'.repeat(4097)))],
    ['with its attributes more than maxReplyBytes', reply(anEvent({}, 'x'.repeat(4090)))],
    ['an endless event', endless(200, ce)],
  ]
  for (const [name, behaviour] of invalid) {
    subscriber.behaviour = behaviour
    const outcome = await deliver()
    t.match(facts(outcome), { kind: 'failed', retryable: true }, `${name} is retried`)
    if (outcome.kind === 'failed') {
      t.notMatch(outcome.error, /secret/, `${name}: no payload in the error`)
      t.match(outcome.error, /^Answered 200 with a reply/)
    }
  }
})

t.test('bodies that nobody needs', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  for (const code of [200, 202, 400, 503]) {
    subscriber.behaviour = endless(code)
    const outcome = await deliver()
    t.match(
      facts(outcome),
      { kind: code < 300 ? 'delivered' : 'failed', status: code },
      `${code}, endless`,
    )
    if (outcome.kind === 'failed') t.equal(outcome.responseData?.length, 1024)
  }
  const connections = subscriber.connectionCount
  for (let i = 0; i < 3; i++) {
    subscriber.behaviour = status(200, { body: 'x'.repeat(60_000) })
    t.match(await deliver(), { kind: 'delivered' })
  }
  t.equal(
    subscriber.connectionCount,
    connections + 1,
    'a short one is read, and its connection kept',
  )
})

t.test('the deadline', async (t) => {
  const { subscriber, deliver } = await setUp(t, hang)
  const late: readonly (readonly [string, Behaviour, Record<string, unknown>])[] = [
    ['no answer', hang, { retryable: true, status: undefined }],
    ['a late answer', after(2000, status(202)), { retryable: true, status: undefined }],
    ['200, then a slow drip', drip(200), { retryable: true, status: undefined }],
    ['202, then a slow drip', drip(202), { retryable: true, status: undefined }],
    [
      'an event, then a slow drip',
      drip(200, 20, { 'ce-id': '1' }),
      { retryable: true, status: undefined },
    ],
    ['400, then a slow drip', drip(400), { retryable: false, status: 400 }],
    ['503, then a slow drip', drip(503), { retryable: true, status: 503 }],
    ['half a head', raw('HTTP/1.1 202 Acc'), { retryable: true, status: undefined }],
  ]
  await Promise.all(
    late.map(async ([name, behaviour, expected]) => {
      const { deliver } = await setUp(t, behaviour)
      const outcome = await deliver({ timeoutMs: 100 })
      t.match({ status: undefined, ...facts(outcome) }, { kind: 'failed', ...expected }, name)
      t.ok(
        outcome.durationMs >= 95 && outcome.durationMs < 1000,
        `${name}: ${outcome.durationMs} ms`,
      )
    }),
  )
  const outcome = await deliver({ timeoutMs: 50 })
  if (outcome.kind === 'failed') {
    t.equal(outcome.error, `127.0.0.1:${subscriber.port} did not answer in full within 50 ms`)
  }
  subscriber.behaviour = status(202)
  t.match(await deliver(), { kind: 'delivered' }, 'and the next one is fine')
})

t.test('the deadline comes from the clock, and no timer stays behind', async (t) => {
  const subscriber = await ScriptedSubscriber.start(hang)
  const clock = new FakeClock()
  const client = new HttpSubscriberClient({ clock })
  t.teardown(() => subscriber.close())
  const request: DeliveryRequest = {
    destination: subscriber.url,
    caCerts: undefined,
    event: anEvent(),
    namespace: 'default',
    timeoutMs: 600_000,
    trace: undefined,
    format: 'binary',
    attributeEncoding: 'percent',
    maxHeaderBytes: 8192,
    acceptReply: true,
  }
  const outcome = client.deliver(request, new AbortController().signal)
  await subscriber.waitFor(1)
  clock.advance(600_000)
  t.match(await outcome, { kind: 'failed', retryable: true })
  subscriber.behaviour = status(202)
  t.match(await client.deliver(request, new AbortController().signal), { kind: 'delivered' })
  t.equal(clock.pending, 1, 'that of the idle connection')
  await client.close()
  t.equal(clock.pending, 0)
})

t.test('a connection that is never established is given up at the deadline', async (t) => {
  const { deliver } = await setUp(t, hang)
  const sockets: Socket[] = []
  const { port } = await tcpServer(t, (socket) => {
    socket.on('error', () => {}).resume()
    sockets.push(socket)
  })
  const outcome = await deliver({ destination: `https://127.0.0.1:${port}/`, timeoutMs: 100 })
  t.match(facts(outcome), { kind: 'failed', retryable: true })
  const [socket] = sockets
  if (socket !== undefined && !socket.destroyed) await once(socket, 'close')
  t.equal(sockets.length, 1, 'and its socket is closed')
})

t.test('connections that fail', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  const rows: readonly (readonly [string, Behaviour, RegExp])[] = [
    ['closed at once', closeSocket, /closed the connection/],
    ['closed in the head', raw('HTTP/1.1 202 Acc', true), /closed the connection/],
    [
      'closed in a body with a length',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf', true),
      /closed the connection/,
    ],
    [
      'closed in a chunked body',
      raw('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhal', true),
      /closed the connection/,
    ],
    ['no HTTP at all', raw('220 mail.example ESMTP\r\n'), /does not answer in HTTP/],
    [
      'two lengths',
      raw('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab'),
      /127/,
    ],
    [
      'another protocol',
      raw('HTTP/1.1 101 Switching\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n'),
      /switches to another protocol/,
    ],
    [
      'a head of 200 KiB',
      raw(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(200 * 1024)}\r\n\r\n`),
      /too many bytes of headers/,
    ],
  ]
  for (const [name, behaviour, error] of rows) {
    subscriber.behaviour = behaviour
    const outcome = await deliver()
    t.match(facts(outcome), { kind: 'failed', retryable: true, error }, name)
    t.notOk('status' in outcome, `${name}: no status`)
  }
  subscriber.behaviour = raw('HTTP/1.1 400 Bad\r\ncontent-length: 9\r\n\r\nhalf', true)
  t.match(
    facts(await deliver()),
    { kind: 'failed', retryable: false, status: 400, responseData: Buffer.from('half') },
    'a failure status counts although its body is cut off',
  )
  subscriber.behaviour = raw(
    `HTTP/1.1 202 OK\r\nx: ${'y'.repeat(100 * 1024)}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
    true,
  )
  t.match(await deliver(), { kind: 'delivered' }, 'a head of 100 KiB is fine')
  subscriber.behaviour = raw('HTTP/1.1 200 OK\r\n\r\nuntil the end', true)
  t.match(await deliver(), { kind: 'delivered' }, 'a body without length ends with the connection')
  subscriber.behaviour = raw(
    'HTTP/1.1 202 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    true,
  )
  for (let i = 0; i < 3; i++) t.match(await deliver(), { kind: 'delivered' }, 'Connection: close')
})

t.test('destinations that cannot be reached', async (t) => {
  const { deliver } = await setUp(t, status(202))
  const { server, port } = await tcpServer(t, () => {})
  server.close()
  const rows: readonly (readonly [string, string, boolean, RegExp])[] = [
    [
      'refused',
      `http://me:secret@127.0.0.1:${port}/secret?secret`,
      true,
      /^127.0.0.1:\d+ refuses connections$/,
    ],
    ['refused on every address', `http://localhost:${port}/`, true, /refuses connections$/],
    ['unknown host', `http://${'a'.repeat(64)}/`, true, /^a+ is not a known host name$/],
    ['no URL', 'secret', false, /not an http or https URL/],
    ['another scheme', 'ftp://127.0.0.1/', false, /not an http or https URL/],
  ]
  for (const [name, destination, retryable, error] of rows) {
    const outcome = await deliver({ destination })
    t.match(facts(outcome), { kind: 'failed', retryable, error }, name)
    t.notMatch(JSON.stringify(outcome), /secret/, `${name}: nothing secret`)
  }
})

t.test('certificates', async (t) => {
  const server = createHttpsServer(SELF_SIGNED, (request, response) => {
    request.resume().on('end', () => response.writeHead(202).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const trusted = getCACertificates('default')
  t.teardown(() => {
    setDefaultCACertificates(trusted)
    server.close()
    server.closeAllConnections()
  })
  const { deliver } = await setUp(t, status(202))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const destination = `https://localhost:${port}/`
  const error = /^The connection to localhost:\d+ failed \(DEPTH_ZERO_SELF_SIGNED_CERT\)$/
  const outcome = await deliver({ destination })
  t.match(facts(outcome), { kind: 'failed', retryable: true, error }, 'one that nobody vouches for')
  setDefaultCACertificates([...trusted, SELF_SIGNED.cert])
  t.match(await deliver({ destination }), { kind: 'delivered' }, 'one that is trusted')
})

t.test('whatever bytes a server answers with, there is an outcome', async (t) => {
  const answers = [
    'HTTP/1.1 200 OK\r\nce-id: 1\r\ncontent-type: text/plain\r\ncontent-length: 4\r\n\r\nbody',
    'HTTP/1.1 503 No\r\nRetry-After: 5\r\nKne-A: b\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n',
    'HTTP/1.1 103 Hints\r\nlink: a\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n',
  ]
  const { subscriber, deliver } = await setUp(t, status(202))
  const damage = fc.record({
    answer: fc.constantFrom(...answers),
    at: fc.nat(200),
    length: fc.nat(20),
    bytes: fc.uint8Array({ maxLength: 20 }),
  })
  const damaged = fc
    .sample(damage, { numRuns: 500, seed: 3 })
    .map(({ answer, at, length, bytes }) => {
      const whole = Buffer.from(answer)
      return Buffer.concat([whole.subarray(0, at), bytes, whole.subarray(at + length)])
    })
  subscriber.behaviour = (response, request) => {
    raw(damaged[request.index] ?? '', true)(response, request)
  }
  const outcomes = await Promise.all(damaged.map(() => deliver({ timeoutMs: 2000 })))
  const kinds = Map.groupBy(outcomes, ({ kind }) => kind)
  t.ok((kinds.get('delivered')?.length ?? 0) > 50, 'some were still fine')
  t.ok((kinds.get('failed')?.length ?? 0) > 50, 'some were not')
})

t.test('events that headers cannot carry arrive in structured mode', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  const events = [
    anEvent({ datacontenttype: 'text/plain; x="€"' }, 'x'),
    anEvent({ datacontenttype: 'text/plain\r\nx: y' }, 'x'),
    anEvent({ large: 'x'.repeat(100_000) }, Buffer.alloc(1024 * 1024, 1)),
    anEvent(Object.fromEntries(Array.from({ length: 500 }, (_, i) => [`x${i}`, 'y'])), 'x'),
  ]
  for (const event of events) t.match(await deliver({ event }), { kind: 'delivered' })
  for (const [i, { headers, body }] of subscriber.received.entries()) {
    t.equal(headers['content-type'], 'application/cloudevents+json')
    t.equal(headers['ce-id'], undefined)
    t.equal(headers.x, undefined)
    const sent = Object.fromEntries(events[i]?.attributes ?? [])
    t.match(JSON.parse(body.toString()), sent)
  }
  t.match(JSON.parse(subscriber.received[2]?.body.toString() ?? ''), {
    data_base64: Buffer.alloc(1024 * 1024, 1).toString('base64'),
  })
  const event = anEvent({ large: 'x'.repeat(50_000) })
  t.match(await deliver({ event, maxHeaderBytes: 60_000 }), { kind: 'delivered' })
  t.equal(subscriber.received[4]?.headers['ce-large'], 'x'.repeat(50_000), 'where it may')
  t.match(facts(await deliver({ namespace: 'a\r\nsecret: b' })), {
    kind: 'failed',
    retryable: false,
    error: 'The request has a value that cannot be written as an HTTP header',
  })
})

t.test('H19: a server that takes 8 KiB of headers takes every event', async (t) => {
  const server = createHttpServer({ maxHeaderSize: 8192 }, (request, response) => {
    request.resume().on('end', () => response.writeHead(202).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const { deliver } = await setUp(t, status(202))
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const destination = `http://127.0.0.1:${port}/`
  for (const length of [7000, 7500, 8000, 8192, 10_000, 48 * 1024]) {
    for (const format of ['binary', 'json'] as const) {
      const outcome = await deliver({
        destination,
        event: anEvent({ large: 'x'.repeat(length) }, '{}'),
        format,
        trace: { traceparent: TRACE },
      })
      t.match(outcome, { kind: 'delivered' }, `${length}, ${format}`)
    }
  }
  const large = { event: anEvent({ large: 'x'.repeat(10_000) }), maxHeaderBytes: 20_000 }
  t.match(await deliver({ ...large, destination }), { status: 431 }, 'that server is strict')
})

t.test('attribute values: percent-encoded, or raw', async (t) => {
  const { subscriber, deliver } = await setUp(t, status(202))
  const event = anEvent({ subject: ' 100% of "é" ', ext: 'a b' }, '{}')
  await deliver({ event })
  await deliver({ event, attributeEncoding: 'raw' })
  await deliver({ event, attributeEncoding: 'raw', format: 'json' })
  const [percent, raw, json] = subscriber.received
  t.match(percent?.headers, { 'ce-subject': '%20100%25%20of%20%22%C3%A9%22%20', 'ce-ext': 'a%20b' })
  t.match(raw?.headers, { 'ce-subject': '%20100% of "%C3%A9"%20', 'ce-ext': 'a b' })
  t.match(JSON.parse(json?.body.toString() ?? ''), { subject: ' 100% of "é" ', ext: 'a b' })
})

t.test('interruption', async (t) => {
  const { subscriber, deliver } = await setUp(t, hang)
  const control = new AbortController()
  const outcomes = Array.from({ length: 20 }, () => deliver({}, control.signal))
  await subscriber.waitFor(20)
  const other = deliver({ timeoutMs: 200 })
  control.abort()
  for (const outcome of await Promise.all(outcomes)) {
    t.match(facts(outcome), { kind: 'failed', retryable: true, error: /^Interrupted/ })
  }
  t.match(facts(await deliver({}, control.signal)), { error: /^Interrupted/ }, 'before it begins')
  t.match(facts(await other), { error: /did not answer/ }, 'another signal is another matter')
  t.equal(subscriber.received.length, 21)
})

t.test('an idle connection that the server closes', async (t) => {
  const { subscriber, deliver } = await setUp(t, inTurn(status(202), closeSocket, status(202)))
  t.match(await deliver(), { kind: 'delivered' })
  t.match(facts(await deliver()), { retryable: true, error: /closed the connection/ }, 'in the act')
  t.match(await deliver(), { kind: 'delivered' })
  const [first, second, third] = subscriber.received
  t.equal(second?.connection, first?.connection, 'it was the kept connection')
  t.not(third?.connection, first?.connection, 'and now it is a new one')

  // In the same turn: the server's FIN and the next request cross on their way.
  subscriber.closeIdleConnections()
  const outcome = await deliver()
  t.ok(outcome.kind === 'delivered' || outcome.retryable, 'is retryable at worst')
  subscriber.behaviour = (response, request) => {
    response.on('finish', () => setImmediate(() => response.req.socket.destroy()))
    status(202)(response, request)
  }
  const connections = subscriber.connectionCount
  let crossed = 0
  for (let round = 0; round < 50; round++) {
    for (const one of await Promise.all(Array.from({ length: 10 }, () => deliver()))) {
      if (one.kind === 'delivered') continue
      crossed += 1
      t.match(facts(one), { retryable: true, error: /closed the connection/ })
    }
  }
  t.ok(subscriber.connectionCount > connections + 10, `closed again and again, ${crossed} crossed`)
  subscriber.behaviour = status(202)
  let last = await deliver()
  for (let i = 0; i < 20 && last.kind === 'failed'; i++) last = await deliver()
  t.match(last, { kind: 'delivered' }, 'and it goes on working')
})

t.test('a thousand at a time', async (t) => {
  const { subscriber, client, deliver } = await setUp(t, hang)
  const waiting: (() => void)[] = []
  subscriber.behaviour = (response, request) => {
    waiting.push(() => status(202)(response, request))
    if (waiting.length === 1000) for (const answer of waiting) answer()
  }
  const all = Array.from({ length: 1000 }, () => deliver({ timeoutMs: 20_000 }))
  const outcomes = await Promise.all(all)
  t.ok(
    outcomes.every(({ kind }) => kind === 'delivered'),
    'all delivered',
  )
  t.equal(subscriber.mostInFlight, 1000)
  const connections = subscriber.connectionCount
  subscriber.behaviour = status(202)
  const again = await Promise.all(Array.from({ length: 1000 }, () => deliver()))
  t.ok(
    again.every(({ kind }) => kind === 'delivered'),
    'all delivered again',
  )
  t.equal(subscriber.connectionCount, connections, 'over the same connections')
  await client.close()
})

t.test('closing', async (t) => {
  const { subscriber, client, deliver } = await setUp(t, after(100, status(202)))
  const busy = Array.from({ length: 5 }, () => deliver())
  await subscriber.waitFor(5)
  const closed = client.close()
  t.match(
    facts(await deliver()),
    { kind: 'failed', retryable: true, error: /closed/ },
    'takes nothing new',
  )
  let ended = 0
  for (const one of busy) void one.then(() => ended++)
  await closed
  t.equal(ended, 5, 'waits for what is under way')
  for (const outcome of await Promise.all(busy)) t.match(outcome, { kind: 'delivered' })
  await client.close()
})
