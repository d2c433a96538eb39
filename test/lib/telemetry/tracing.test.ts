import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'

const SCRIPT = fileURLToPath(new URL('trace-one-event.ts', import.meta.url))

interface Printed {
  readonly contexts: readonly ({ traceparent: string; tracestate?: string } | null)[]
  readonly closedAfterMs: number
  readonly loaded: number
}

interface ReceivedSpan {
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly traceState?: string
  readonly attributes: readonly { key: string; value: Record<string, unknown> }[]
  readonly links?: readonly { traceId: string; spanId: string }[]
  readonly status: { code?: number; message?: string }
}

/** A collector that takes OTLP over HTTP, and keeps what it was sent. */
async function openCollector(t: Test) {
  const bodies: { path: string | undefined; type: string | undefined; body: Buffer }[] = []
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray())
    bodies.push({ path: request.url, type: request.headers['content-type'], body })
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  return { bodies, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }
}

async function traceOneEvent(env: Record<string, string>): Promise<Printed> {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT], { env })
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Printed
}

const PARENT = { trace: '1'.repeat(32), span: '2'.repeat(16) }
const CREATED = { traceId: '3'.repeat(32), spanId: '4'.repeat(16) }

const unreachable = traceOneEvent({
  OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
  OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
})

t.test('spans are sent to the OTLP endpoint that the environment names', async (t) => {
  const collector = await openCollector(t)

  const { contexts } = await traceOneEvent({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  })

  t.same([...new Set(collector.bodies.map(({ path }) => path))], ['/v1/traces'])
  const sent = collector.bodies.map(({ body }) => JSON.parse(body.toString()))
  const resource = sent[0].resourceSpans[0].resource.attributes
  t.match(resource, [{ key: 'service.name', value: { stringValue: 'sluice' } }])
  const spans: ReceivedSpan[] = sent.flatMap(({ resourceSpans }) =>
    resourceSpans.flatMap(({ scopeSpans }: { scopeSpans: { spans: ReceivedSpan[] }[] }) =>
      scopeSpans.flatMap(({ spans }) => spans),
    ),
  )
  const [ingress, delivery, begun] = spans
  t.equal(spans.length, 3)

  t.test('the ingress span is a child of the request, linked to the creation', (t) => {
    t.match(ingress, { name: 'send default/orders', kind: KIND.CLIENT, links: [CREATED] })
    t.match(ingress, { traceId: PARENT.trace, parentSpanId: PARENT.span })
    t.same(attributesOf(ingress), {
      'messaging.system': 'knative',
      'messaging.operation.name': 'send',
      'messaging.operation.type': 'send',
      'messaging.destination.name': 'default/orders',
      'messaging.message.id': '1',
      'cloudevents.event_id': '1',
      'cloudevents.event_source': '/test',
      'cloudevents.event_type': 'test.event',
      'cloudevents.event_spec_version': '1.0',
      'cloudevents.event_subject': 'task/1',
    })
    t.equal(ingress?.status.code ?? 0, 0)
    t.end()
  })

  t.test('the delivery span is a child of the ingress span, linked to the creation', (t) => {
    t.match(delivery, { name: 'send default/audit', kind: KIND.CLIENT, links: [CREATED] })
    t.match(delivery, { traceId: PARENT.trace, parentSpanId: ingress?.spanId })
    t.match(delivery, { status: { code: STATUS_ERROR, message: 'localhost:9 answered 503' } })
    t.match(attributesOf(delivery), {
      'messaging.destination.name': 'default/audit',
      'server.address': 'localhost',
      'server.port': '9',
      'error.type': '503',
    })
    t.notMatch(JSON.stringify(delivery), 'secret')
    t.end()
  })

  t.test('an event without a creation context is created by its ingress span', (t) => {
    t.match(begun, { name: 'send default/orders', kind: KIND.PRODUCER })
    t.notOk(begun?.parentSpanId)
    t.notOk(begun?.links?.length)
    t.end()
  })

  t.test('the next hop is told of the span', (t) => {
    t.same(contexts, [
      { traceparent: `00-${PARENT.trace}-${ingress?.spanId}-01`, tracestate: '0a=1' },
      { traceparent: `00-${PARENT.trace}-${delivery?.spanId}-01`, tracestate: '0a=1' },
      { traceparent: `00-${begun?.traceId}-${begun?.spanId}-03` },
    ])
    t.end()
  })
})

const KIND = { CLIENT: 3, PRODUCER: 4 } as const
const STATUS_ERROR = 2

function attributesOf(span: ReceivedSpan | undefined): Record<string, string> {
  return Object.fromEntries(
    (span?.attributes ?? []).map(({ key, value }) => [key, String(Object.values(value)[0])]),
  )
}

t.test('the sampler is the one that the environment names', async (t) => {
  const collector = await openCollector(t)

  const { contexts } = await traceOneEvent({
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/custom`,
    OTEL_TRACES_SAMPLER: 'always_off',
  })

  t.same(collector.bodies, [])
  t.match(contexts, [
    { traceparent: /^00-1{32}-(?!2{16})[0-9a-f]{16}-00$/ },
    { traceparent: /^00-1{32}-(?!2{16})[0-9a-f]{16}-00$/ },
    { traceparent: /-02$/ },
  ])
})

t.test('the default protocol is protobuf, and the service name can be set', async (t) => {
  const collector = await openCollector(t)

  await traceOneEvent({
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_SERVICE_NAME: 'orders-gateway',
  })

  t.match(collector.bodies, [{ path: '/v1/traces', type: 'application/x-protobuf' }])
  t.match(collector.bodies[0]?.body.toString('latin1'), 'orders-gateway')
})

t.test('a collector that cannot be reached does not hold up the end', async (t) => {
  const { contexts, closedAfterMs } = await unreachable

  t.match(contexts, [{ traceparent: /-01$/ }, { traceparent: /-01$/ }, { traceparent: /-03$/ }])
  t.ok(closedAfterMs < 4000, `closed after ${closedAfterMs} ms`)
})

const OFF: readonly (readonly [string, Record<string, string>])[] = [
  ['no variable asks for it', {}],
  [
    'the exporter is none',
    { OTEL_TRACES_EXPORTER: 'none', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' },
  ],
  ['the SDK is disabled', { OTEL_SDK_DISABLED: 'true', OTEL_EXPORTER_OTLP_ENDPOINT: 'http://a' }],
]

for (const [why, env] of OFF) {
  t.test(`nothing of OpenTelemetry is loaded when ${why}`, async (t) => {
    t.match(await traceOneEvent(env), { contexts: [null, null, null], loaded: 0 })
  })
}
