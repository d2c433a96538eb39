import t from 'tap'
import { Problem } from '#problems/problem.ts'
import type { Span, Tracing } from '#telemetry/tracing.ts'
import { systemClock } from '#time/system-clock.ts'
import type { Broker } from '#triggers/trigger.ts'
import { countSchemaWarnings } from '../../services/gateway/count-schema-warnings.ts'
import { refillDedup } from '../../services/gateway/refill-dedup.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { rawExchange } from '../support/raw-exchange.ts'
import {
  aBroker,
  attribute,
  BATCH,
  binaryHeaders,
  ControlledLogs,
  STRUCTURED,
  structured,
  TestGateway,
  until,
} from './harness.ts'

const BIG = 'x'.repeat(64 * 1024)
const ADDRESS = '/default/default'

t.test('every status code of the ingress', async (t) => {
  const gateway = await new TestGateway({
    schemas: {
      check: (event) =>
        event.attributes.get('type') === 'bad.data'
          ? [{ rule: 'required', at: '/data/name', detail: 'is missing' }]
          : [],
    },
    brokers: [
      aBroker(),
      aBroker({
        key: 'default/broken',
        readiness: { ready: false, reason: 'Invalid', message: 'spec.x is unknown' },
      }),
    ],
  }).start()
  t.teardown(() => gateway.stop())
  const event = binaryHeaders()
  const rows: readonly [
    string,
    string,
    string,
    Record<string, string | string[]>,
    string | null,
    number,
    string,
  ][] = [
    ['binary', 'POST', ADDRESS, binaryHeaders({ id: 'a' }), '{}', 202, ''],
    ['binary without data', 'POST', ADDRESS, { ...binaryHeaders({ id: 'b' }) }, null, 202, ''],
    ['structured', 'POST', ADDRESS, STRUCTURED, structured({ id: 'c' }), 202, ''],
    ['batch', 'POST', ADDRESS, BATCH, `[${structured({ id: 'd' })}]`, 202, ''],
    ['an empty batch', 'POST', ADDRESS, BATCH, '[]', 202, ''],
    [
      'H2',
      'POST',
      ADDRESS,
      { 'content-type': 'APPLICATION/CloudEvents-BATCH+json' },
      '[]',
      202,
      '',
    ],
    ['one slash more', 'POST', `${ADDRESS}/`, binaryHeaders({ id: 'e' }), '{}', 202, ''],
    ['a query', 'POST', `${ADDRESS}?a=%zz`, binaryHeaders({ id: 'f' }), '{}', 202, ''],
    [
      'accept-version',
      'POST',
      ADDRESS,
      { ...binaryHeaders({ id: 'g' }), 'accept-version': '9' },
      '{}',
      202,
      '',
    ],
    ['no event', 'POST', ADDRESS, { 'content-type': 'text/plain' }, 'x', 415, 'not-an-event'],
    ['no content type', 'POST', ADDRESS, {}, 'x', 415, 'not-an-event'],
    ['nothing at all', 'POST', ADDRESS, {}, null, 415, 'not-an-event'],
    [
      'a content type that is none',
      'POST',
      ADDRESS,
      { 'content-type': 'xyz' },
      'x',
      415,
      'not-an-event',
    ],
    ['N7', 'POST', ADDRESS, { ...event, 'content-type': 'xyz' }, 'x', 400, 'event-invalid'],
    [
      'H3',
      'POST',
      ADDRESS,
      { 'content-type': 'application/cloudevents+avro' },
      'x',
      415,
      'not-an-event',
    ],
    [
      'Content-Encoding',
      'POST',
      ADDRESS,
      { ...event, 'content-encoding': 'gzip' },
      'x',
      415,
      'not-an-event',
    ],
    ['N5', 'POST', ADDRESS, binaryHeaders({ id: null }), '{}', 400, 'event-invalid'],
    ['H12', 'POST', ADDRESS, { ...event, 'ce-x': ['a', 'b'] }, '{}', 400, 'event-invalid'],
    ['invalid JSON', 'POST', ADDRESS, STRUCTURED, '{', 400, 'event-invalid'],
    ['schema', 'POST', ADDRESS, binaryHeaders({ type: 'bad.data' }), '{}', 422, 'data-invalid'],
    [
      'batch too long',
      'POST',
      ADDRESS,
      BATCH,
      `[${Array(11).fill(structured()).join()}]`,
      413,
      'event-too-large',
    ],
    ['event too large', 'POST', ADDRESS, event, BIG, 413, 'event-too-large'],
    ['body too large', 'POST', ADDRESS, STRUCTURED, BIG.repeat(4), 413, 'event-too-large'],
    ['unknown Broker', 'POST', '/default/other', event, '{}', 404, 'broker-unknown'],
    ['case', 'POST', '/Default/default', event, '{}', 404, 'broker-unknown'],
    ['percent-encoded', 'POST', '/default/defaul%74', event, '{}', 404, 'broker-unknown'],
    ['percent-encoded slash', 'POST', '/default%2Fdefault', event, '{}', 404, 'not-found'],
    ['bad percent-encoding', 'POST', '/default/%zz', event, '{}', 404, 'not-found'],
    ['doubled slash', 'POST', '/default//default', event, '{}', 404, 'not-found'],
    ['two slashes more', 'POST', `${ADDRESS}//`, event, '{}', 404, 'not-found'],
    ['too short', 'POST', '/default', event, '{}', 404, 'not-found'],
    ['root', 'POST', '/', event, '{}', 404, 'not-found'],
    ['too long', 'POST', `/default/${'x'.repeat(5000)}`, event, '{}', 404, 'broker-unknown'],
    ['GET', 'GET', ADDRESS, {}, null, 405, 'method-not-allowed'],
    ['PUT', 'PUT', ADDRESS, event, '{}', 405, 'method-not-allowed'],
    ['OPTIONS', 'OPTIONS', ADDRESS, {}, null, 405, 'method-not-allowed'],
    ['PROPFIND', 'PROPFIND', ADDRESS, {}, null, 405, 'method-not-allowed'],
    ['GET of nothing', 'GET', '/default/other', {}, null, 404, 'not-found'],
    ['POST to health', 'POST', '/healthz', event, '{}', 405, 'method-not-allowed'],
    [
      'POST to an explanation',
      'POST',
      '/problems/internal',
      event,
      '{}',
      405,
      'method-not-allowed',
    ],
    ['Broker not Ready', 'POST', '/default/broken', event, '{}', 503, 'not-ready'],
  ]
  for (const [name, method, path, headers, body, status, type] of rows) {
    const answer = await gateway.send(method, path, headers, body)
    t.equal(answer.status, status, `${name}: ${status} ${answer.body}`)
    if (type === '') {
      t.equal(answer.body, '', `${name}: no body`)
      continue
    }
    t.equal(answer.problem.type, `/problems/${type}`, `${name}: type`)
    t.equal(answer.headers['content-type'], 'application/problem+json', `${name}: content type`)
    t.equal(answer.headers['retry-after'] !== undefined, status === 503, `${name}: Retry-After`)
    t.equal(answer.headers['allow'] !== undefined, status === 405, `${name}: Allow`)
  }
  t.equal((await gateway.send('GET', ADDRESS)).headers['allow'], 'POST')
  t.equal((await gateway.send('DELETE', '/readyz')).headers['allow'], 'GET, HEAD')
  t.same(gateway.lines, [], 'and none of it makes a log line')
  t.equal((await gateway.logs.records()).length, 7)
})

t.test('an event arrives in the log as it was sent', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  const data = '{"n":9007199254740993, "n":1e400}'

  await gateway.publish({ subject: '%E2%82%AC', constructor: 'x' }, data)

  const [record] = await gateway.logs.records()
  t.equal(attribute(record, 'subject'), '€')
  t.equal(attribute(record, 'constructor'), 'x')
  t.equal(Buffer.from(record?.event.data ?? []).toString(), data)
  t.equal(record?.hops, 0)
})

t.test('a batch is all or nothing, and each bad event is named', async (t) => {
  const gateway = await new TestGateway({
    schemas: {
      check: ({ attributes }) =>
        attributes.get('type') === 'bad'
          ? [{ rule: 'type', at: '/data/name', detail: 'must be string' }]
          : [],
    },
  }).start()
  t.teardown(() => gateway.stop())
  const good = structured()
  const malformed = structured({ id: '' })
  const wrong = structured({ type: 'bad', id: '2' })

  const invalid = await gateway.send('POST', ADDRESS, BATCH, `[${good},${malformed},${wrong}]`)
  const wrongData = await gateway.send('POST', ADDRESS, BATCH, `[${good},${wrong},${wrong}]`)

  t.equal(invalid.status, 400)
  t.match(invalid.problem.violations, [{ index: 1, at: '/1/id', rule: 'N5' }])
  t.equal(wrongData.status, 422)
  t.same(wrongData.problem.violations, [
    { index: 1, rule: 'type', at: '/1/data/name', detail: 'must be string' },
    { index: 2, rule: 'type', at: '/2/data/name', detail: 'must be string' },
  ])
  t.same(await gateway.logs.records(), [])
})

t.test('a repeat is said to be one, and stored once', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())

  const first = await gateway.publish()
  const repeat = await gateway.publish()
  const other = await gateway.publish({ source: '/other' })
  const mixed = await gateway.send(
    'POST',
    ADDRESS,
    BATCH,
    `[${structured()},${structured({ id: 'new' })}]`,
  )
  const repeats = await gateway.send('POST', ADDRESS, BATCH, `[${structured()},${structured()}]`)

  t.same(
    [first, repeat, other, mixed, repeats].map(({ headers }) => headers['sluice-duplicate']),
    [undefined, 'true', undefined, undefined, 'true'],
  )
  t.equal((await gateway.logs.records()).length, 3)
  const metrics = await gateway.registry.metrics()
  t.match(metrics, 'sluice_events_accepted_total{broker="default/default"} 7')
  t.match(metrics, 'sluice_events_stored_total{broker="default/default"} 3')
  t.match(metrics, 'sluice_events_duplicate_total{broker="default/default"} 4')
  t.match(metrics, 'sluice_ingest_duration_seconds_count 5')
})

t.test('repeats that arrive together share one append and its outcome', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  const gate = Promise.withResolvers<void>()
  gateway.logs.beforeAppend = () => gate.promise
  let answered = 0

  const answers = Array.from({ length: 20 }, async () => {
    const answer = await gateway.publish()
    answered += 1
    return answer
  })
  await until(() => gateway.logs.appends === 1)
  await gateway.send('GET', '/healthz')
  t.equal(answered, 0, 'nothing is answered before the append has resolved')
  gate.resolve()

  const all = await Promise.all(answers)
  t.ok(all.every(({ status }) => status === 202))
  t.equal(all.filter(({ headers }) => headers['sluice-duplicate'] === 'true').length, 19)
  t.equal(gateway.logs.appends, 1)
  t.equal((await gateway.logs.records()).length, 1)
})

t.test('a rejected append is 503 for all who waited, and the repeat is stored', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  const gate = Promise.withResolvers<void>()
  gateway.logs.beforeAppend = async () => {
    await gate.promise
    throw new Problem('log-unavailable', 'The disk is full', { retryAfterSeconds: 7 })
  }

  const answers = Array.from({ length: 4 }, () => gateway.publish())
  await until(() => gateway.logs.appends === 1)
  gate.resolve()
  for (const { status, headers, problem } of await Promise.all(answers)) {
    t.equal(status, 503)
    t.equal(headers['retry-after'], '7')
    t.equal(problem.type, '/problems/log-unavailable')
  }
  gateway.logs.beforeAppend = () => {}
  const again = await gateway.publish()

  t.equal(again.status, 202)
  t.equal(again.headers['sluice-duplicate'], undefined)
  t.equal((await gateway.logs.records()).length, 1)
  t.match(
    await gateway.registry.metrics(),
    'sluice_events_rejected_total{problem="log-unavailable"} 4',
  )
})

t.test(
  'an append that fails for no known reason is 500 without a reason, logged once',
  async (t) => {
    const gateway = await new TestGateway().start()
    t.teardown(() => gateway.stop())
    gateway.logs.beforeAppend = () => {
      throw new TypeError('secret /etc/path')
    }

    const { status, body, problem } = await gateway.publish()

    t.equal(status, 500)
    t.equal(problem.type, '/problems/internal')
    t.notMatch(body, 'secret')
    t.equal(gateway.lines.length, 1)
    t.match(gateway.lines[0], 'secret /etc/path')
    t.match(gateway.lines[0], JSON.parse(body).instance, 'the answer names the line')
  },
)

t.test('a log that would refuse is 503 before the body is sent', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  gateway.logs.refusal = new Problem('over-capacity', 'The queue is full', { retryAfterSeconds: 1 })
  const head = `POST ${ADDRESS} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n`

  const [refused] = await rawExchange(gateway.port, `${head}\r\n`, { responses: 1 })
  const [expecting] = await rawExchange(gateway.port, `${head}Expect: 100-continue\r\n\r\n`, {
    responses: 1,
  })

  t.match(refused, { status: 503, headers: { 'retry-after': '1' } })
  t.match(expecting, { status: 503 }, 'not 100 Continue')
})

t.test('Expect: 100-continue is answered, and the body then read', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  const headers = Object.entries(binaryHeaders())
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('')

  const responses = await rawExchange(gateway.port, '', {
    responses: 1,
    send: (socket) => {
      socket.write(
        `POST ${ADDRESS} HTTP/1.1\r\nHost: a\r\n${headers}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`,
      )
      socket.once('data', () => socket.write('{}'))
    },
  })

  t.same(
    responses.map(({ status }) => status),
    [100, 202],
  )
})

t.test('trace context', async (t) => {
  const parent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  const other = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const send = async (headers: Record<string, string>, tracing?: Tracing) => {
    const gateway = await new TestGateway({ tracing }).start()
    await gateway.send('POST', ADDRESS, { ...binaryHeaders(), ...headers }, '{}')
    const [record] = await gateway.logs.records()
    await gateway.stop()
    return record
  }

  t.test('a header is continued, and becomes the event’s own', async (t) => {
    const record = await send({ traceparent: parent, tracestate: 'a=1' })
    t.same(record?.trace, { traceparent: parent, tracestate: 'a=1' })
    t.equal(attribute(record, 'traceparent'), parent)
    t.equal(attribute(record, 'tracestate'), 'a=1')
  })
  t.test('tabs in the header make no event that the next Broker would refuse', async (t) => {
    const record = await send({ traceparent: parent, tracestate: 'a=1,\tb=2' })
    t.same(record?.trace, { traceparent: parent, tracestate: 'a=1,\tb=2' })
    t.equal(attribute(record, 'tracestate'), 'a=1, b=2')
  })
  t.test('what the event carries is not changed', async (t) => {
    const record = await send({ traceparent: parent, 'ce-traceparent': other })
    t.equal(record?.trace?.traceparent, parent)
    t.equal(attribute(record, 'traceparent'), other)
    t.equal(attribute(record, 'tracestate'), undefined)
  })
  t.test('without a header, the event’s own is continued', async (t) => {
    const record = await send({ traceparent: 'rubbish', 'ce-traceparent': other })
    t.equal(record?.trace?.traceparent, other)
  })
  t.test('without either, a trace begins', async (t) => {
    const record = await send({ tracestate: 'a=1' })
    t.match(record?.trace?.traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/)
    t.equal(attribute(record, 'traceparent'), record?.trace?.traceparent)
    t.equal(attribute(record, 'tracestate'), undefined)
  })
  t.test('an event with a state and no parent is given neither', async (t) => {
    const record = await send({ traceparent: parent, 'ce-tracestate': 'b=2' })
    t.same(record?.trace, { traceparent: parent })
    t.equal(attribute(record, 'traceparent'), undefined)
    t.equal(attribute(record, 'tracestate'), 'b=2')
  })
  t.test('the state of the header is not that of the event’s own parent', async (t) => {
    const record = await send({
      traceparent: 'rubbish',
      tracestate: 'a=1',
      'ce-traceparent': other,
      'ce-tracestate': 'b=2',
    })
    t.same(record?.trace, { traceparent: other, tracestate: 'b=2' })
  })
  t.test('with tracing on, a span stands for each event', async (t) => {
    const ended: unknown[] = []
    const tracing: Tracing = {
      startIngress: (context, event, broker): Span => {
        t.same(context, { traceparent: parent })
        t.equal(event.attributes.get('id'), '1')
        t.equal(broker, 'default/default')
        return { context: { traceparent: other }, end: (error) => void ended.push(error) }
      },
      startDelivery: () => t.fail() as never,
      close: async () => {},
    }
    const record = await send({ traceparent: parent }, tracing)
    t.equal(record?.trace?.traceparent, other)
    t.equal(attribute(record, 'traceparent'), other)
    t.same(ended, [undefined])
  })
})

t.test('dedup survives a restart', async (t) => {
  const clock = new FakeClock(Date.now())
  const logs = new ControlledLogs(clock, 3)
  const before = await new TestGateway({ logs, clock }).start()
  await before.publish({ id: 'old' })
  clock.advance(290_000)
  for (const id of ['a', 'b', 'c', 'd', 'e']) await before.publish({ id, partitionkey: id })
  const log = await logs.logs.open('default/default', aBroker().retention)
  const reply = { attributes: new Map(attributesOf('reply')), data: undefined }
  await log.append([{ event: reply, hops: 1 }])
  await before.gateway.stop(100)
  clock.advance(20_000)

  const after = await new TestGateway({ logs, clock }).start()
  t.teardown(() => after.stop())

  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    t.equal((await after.publish({ id })).headers['sluice-duplicate'], 'true', id)
  }
  t.equal((await after.publish({ id: 'old' })).headers['sluice-duplicate'], undefined, 'past it')
  t.equal((await after.publish({ id: 'reply' })).headers['sluice-duplicate'], undefined, 'a reply')
})

t.test('while it starts, it is alive, not ready, and takes no events', async (t) => {
  const logs = new ControlledLogs()
  await (await logs.logs.open('default/default', aBroker().retention)).append([
    { event: { attributes: new Map(attributesOf('1')), data: undefined }, hops: 0 },
  ])
  const gate = Promise.withResolvers<void>()
  logs.beforeRead = () => gate.promise
  const gateway = new TestGateway({ logs })
  const started = gateway.start()
  t.teardown(() => gateway.stop())
  await until(() => gateway.port !== 0)

  t.equal((await gateway.send('GET', '/healthz')).status, 200)
  const starting = await gateway.send('GET', '/readyz')
  t.match(JSON.parse(starting.body), { ready: false, state: 'starting' })
  t.equal(starting.status, 503)
  const refused = await gateway.publish()
  t.equal(refused.status, 503)
  t.equal(refused.problem.type, '/problems/not-ready')
  gate.resolve()
  await started

  t.equal((await gateway.send('GET', '/readyz')).status, 200)
  t.equal((await gateway.publish()).headers['sluice-duplicate'], 'true')
})

t.test('a log that cannot be opened is 503, and said in /readyz, until it can', async (t) => {
  const clock = new FakeClock(Date.now())
  const logs = new ControlledLogs()
  logs.beforeOpen = () => {
    throw new Problem('log-unavailable', 'Cannot open: the disk is full', { retryAfterSeconds: 9 })
  }
  const gateway = await new TestGateway({ logs, clock }).start()
  t.teardown(() => {
    const stopped = gateway.stop()
    clock.advance(1000)
    return stopped
  })

  const refused = await gateway.publish()
  const unready = await gateway.send('GET', '/readyz')
  clock.advance(1000)
  await new Promise((resolve) => setImmediate(resolve))
  logs.beforeOpen = () => {}
  clock.advance(1000)
  await until(async () => (await gateway.send('GET', '/readyz')).status === 200)

  t.match(refused, { status: 503, headers: { 'retry-after': '9' } })
  t.equal(unready.status, 503)
  t.same(JSON.parse(unready.body).faults, ['Cannot open: the disk is full'])
  t.equal((await gateway.publish()).status, 202)
  t.equal(gateway.lines.length, 1, 'and it is logged once')
})

t.test('a fault of the storage makes it unready; a faulty Broker does not', async (t) => {
  const broken = { ready: false, reason: 'Invalid', message: 'no' } as const
  const gateway = await new TestGateway({
    brokers: [aBroker(), aBroker({ key: 'default/broken', readiness: broken })],
  }).start()
  t.teardown(() => gateway.stop())

  t.equal((await gateway.send('GET', '/readyz')).status, 200)
  gateway.logs.fault = 'The disk is full'
  const answer = await gateway.send('GET', '/readyz')
  t.equal(answer.status, 503)
  t.same(JSON.parse(answer.body).faults, ['The disk is full'])
})

t.test('Brokers follow the snapshot', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())
  const post = async (path: string) => (await gateway.send('POST', path, BATCH, '[]')).status
  const broken = { ready: false, reason: 'Invalid', message: 'no' } as const

  gateway.change([aBroker(), aBroker({ key: 'team/new' })])
  await until(async () => (await post('/team/new')) === 202)
  gateway.change([aBroker({ key: 'team/new' })])
  t.equal(await post('/default/default'), 404)
  gateway.change([aBroker({ key: 'team/new', readiness: broken })])
  t.equal(await post('/team/new'), 503)
  gateway.change([aBroker(), aBroker({ key: 'team/new' })])
  await until(async () => (await post('/team/new')) === 202)
  await until(async () => (await post('/default/default')) === 202)
})

t.test('stop() answers what is under way, closes its connection, and takes no more', async (t) => {
  const gateway = await new TestGateway().start()
  const gate = Promise.withResolvers<void>()
  gateway.logs.beforeAppend = () => gate.promise
  const { port } = gateway
  const head = `POST ${ADDRESS} HTTP/1.1\r\nHost: a\r\nce-specversion: 1.0\r\nce-source: /s\r\nce-type: t\r\n`
  const under = rawExchange(port, `${head}ce-id: 1\r\nContent-Length: 0\r\n\r\n`)
  await until(() => gateway.logs.appends === 1)

  // On a kept connection, a request is begun before stop() and finished after it.
  const begun = rawExchange(port, '', {
    send: (socket) => {
      socket.write(`${head}ce-id: 2\r\n`, async () => {
        await until(() => gateway.gateway.health().state === 'stopping')
        socket.write('Content-Length: 0\r\n\r\n')
      })
    },
  })
  await until(async () => (await connections(gateway)) === 2)
  const stopped = gateway.gateway.stop(5000)
  const [refused] = await begun
  gate.resolve()
  const [answer] = await under
  await stopped

  t.match(answer, { status: 202, headers: { connection: 'close' } })
  t.match(refused, { status: 503, headers: { connection: 'close', 'retry-after': '1' } })
  t.equal(gateway.gateway.health().state, 'stopping')
  await t.rejects(rawExchangeOrRefused(port))
})

t.test('stop() cuts what is still under way after the grace period', async (t) => {
  const clock = new FakeClock(Date.now())
  const gateway = await new TestGateway({ clock }).start()
  gateway.logs.beforeAppend = () => new Promise(() => {})
  const hanging = gateway.publish().catch(() => 'cut')
  await until(() => gateway.logs.appends === 1)

  const stopped = gateway.gateway.stop(3000)
  await until(() => clock.pending > 0)
  clock.advance(3000)

  await stopped
  t.equal(await hanging, 'cut')
})

t.test('start() says in one line that the port is taken', async (t) => {
  const first = await new TestGateway().start()
  t.teardown(() => first.stop())
  const second = new TestGateway({ port: first.port })

  await t.rejects(second.start(), {
    message: `Cannot listen on 127.0.0.1:${first.port}: the port is taken; end the other program, or set PORT to another port`,
  })
})

t.test('refillDedup() reads no more of a partition than can be remembered', async (t) => {
  const logs = new ControlledLogs()
  const log = await logs.open('default/default', aBroker().retention)
  for (let id = 0; id < 10; id++) {
    await log.append([
      { event: { attributes: new Map(attributesOf(`${id}`)), data: undefined }, hops: 0 },
    ])
  }
  const remembered: unknown[] = []
  const dedup: Parameters<typeof refillDedup>[0] = {
    remember: (_broker, { event }) => void remembered.push(event.attributes.get('id')),
  }
  const signal = new AbortController().signal
  const refill = (broker: Broker, capacity: number) =>
    refillDedup(dedup, broker, log, { clock: systemClock, capacity, signal })

  await refill(aBroker(), 3)
  t.same(remembered.splice(0), ['7', '8', '9'])
  await refill(aBroker(), 100)
  t.equal(remembered.splice(0).length, 10)
  await refill(aBroker({ dedupWindowMs: 0 }), 100)
  t.same(remembered, [], 'nor anything where dedup is off')
  await t.rejects(
    refillDedup(dedup, aBroker(), log, {
      clock: systemClock,
      capacity: 3,
      signal: AbortSignal.abort(new Error('stopping')),
    }),
    { message: 'stopping' },
  )
})

t.test('a change of retention reaches the log', async (t) => {
  const opened: unknown[] = []
  const logs = new ControlledLogs()
  const open = logs.open.bind(logs)
  logs.open = async (broker, retention) => {
    opened.push(retention.bytes)
    return await open(broker, retention)
  }
  const gateway = await new TestGateway({ logs }).start()
  t.teardown(() => gateway.stop())

  gateway.change([aBroker()])
  gateway.change([aBroker({ retention: { ageMs: 1000, bytes: 5 } })])

  t.same(opened, [undefined, 5])
  t.equal((await gateway.publish()).status, 202)
})

t.test('what dedup had to forget, and schema warnings, are counted', async (t) => {
  const gateway = await new TestGateway({ dedupIds: 2 }).start()
  t.teardown(() => gateway.stop())
  const warn = countSchemaWarnings(gateway.registry)

  for (const id of ['1', '2', '3']) await gateway.publish({ id })
  warn('known')
  warn(undefined)

  const metrics = await gateway.registry.metrics()
  t.match(metrics, 'sluice_dedup_forgotten_total 1')
  t.match(metrics, 'sluice_schema_warnings_total{type="known"} 1')
  t.match(metrics, 'sluice_schema_warnings_total{type="other"} 1')
})

function attributesOf(id: string): [string, string][] {
  return [
    ['specversion', '1.0'],
    ['id', id],
    ['source', '/test'],
    ['type', 'test.event'],
  ]
}

async function connections({ gateway }: TestGateway): Promise<number> {
  return await new Promise((resolve, reject) =>
    gateway.server.server.getConnections((error, count) =>
      error ? reject(error) : resolve(count),
    ),
  )
}

async function rawExchangeOrRefused(port: number): Promise<void> {
  const responses = await rawExchange(port, 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n', {
    responses: 1,
  })
  if (responses.length === 0) throw new Error('nobody listens')
}
