import { join } from 'node:path'
import t, { type Test } from 'tap'
import { rawExchange } from '../support/raw-exchange.ts'
import { type ReceivedRequest, ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'
import { HARNESS_CASES, type HarnessCase, PARENT_ID, TRACE_ID } from './harness-cases.ts'

const VALID = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

const TRIGGERS = 3

/** Sends events with these header lines, and resolves with the deliveries of each, one per Trigger. */
type Send = (...events: readonly (readonly string[])[]) => Promise<readonly ReceivedRequest[][]>

/** A Sluice whose Triggers send everything to one subscriber. */
async function openRoute(name: string, env: Readonly<Record<string, string>>): Promise<Send> {
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const yaml = Array.from({ length: TRIGGERS }, (_, i) =>
    triggerYaml({ name: `t${i}`, subscriber: `{uri: "${subscriber.url}"}` }),
  )
  const eventing = [brokerYaml(), ...yaml].join('---\n')
  const sluice = await SluiceProcess.start({ dir: join(t.testdirName, name), eventing, env })
  t.teardown(() => sluice.stop())
  const port = Number(new URL(sluice.ingressUrl).port)
  let sent = 0
  return async (...events) => {
    const first = sent
    sent += events.length
    await Promise.all(events.map((lines, i) => post(port, String(first + i), lines)))
    const received = await subscriber.waitFor(sent * TRIGGERS)
    return events.map((_, i) =>
      received.filter(({ headers }) => headers['ce-id'] === String(first + i)),
    )
  }
}

async function post(port: number, id: string, lines: readonly string[]): Promise<void> {
  const own = ['Host: a', 'Connection: close', 'Content-Length: 0']
  const event = ['ce-specversion: 1.0', `ce-id: ${id}`, 'ce-source: /s', 'ce-type: t']
  const head = ['POST /default/default HTTP/1.1', ...own, ...event, ...lines].join('\r\n')
  const [answer] = await rawExchange(port, Buffer.from(`${head}\r\n\r\n`, 'latin1'))
  if (answer?.status !== 202) throw new Error(`${head}: ${answer?.body}`)
}

/** The headers of that name, as they arrived. */
function values({ rawHeaders }: ReceivedRequest, name: string): readonly string[] {
  return rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === name)
}

function judge(t: Test, request: ReceivedRequest, { title, expected }: HarnessCase) {
  const [traceparent = '', ...others] = values(request, 'traceparent')
  const [, traceId, , flags] = VALID.exec(traceparent) ?? []
  const state = values(request, 'tracestate').flatMap((value) => value.split(/[ \t]*,[ \t]*/))
  t.same(others, [], `${title}: one traceparent`)
  t.match(traceparent, VALID, `${title}: which is valid`)
  if (expected.trace === 'continued') t.equal(traceId, TRACE_ID, `${title}: of the same trace`)
  else t.notMatch(traceparent, '12345678', `${title}: of a new trace`)
  t.same(
    state.filter((member) => member !== ''),
    expected.state ?? [],
    `${title}: tracestate`,
  )
  t.notOk(values(request, 'tracestate').includes(''), `${title}: which is not empty`)
  if (expected.flags !== undefined) t.equal(flags, expected.flags, `${title}: flags`)
}

const parentIdOf = (request: ReceivedRequest | undefined) =>
  VALID.exec(String(request?.headers['traceparent']))?.[2]

t.testdir()
const collector = await ScriptedSubscriber.start(status(200, { body: '{}' }))
t.teardown(() => collector.close())
const [withSpans, withoutSpans] = await Promise.all([
  openRoute('spans', {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  }),
  openRoute('plain', {}),
])

for (const [how, send] of [
  ['with spans', withSpans],
  ['without spans', withoutSpans],
] as const) {
  t.test(`trace context goes from producer to subscriber, ${how}`, async (t) => {
    const deliveries = await send(...HARNESS_CASES.map(({ sent }) => sent))

    HARNESS_CASES.forEach((each, i) => {
      t.equal(deliveries[i]?.length, TRIGGERS, each.title)
      for (const delivery of deliveries[i] ?? []) judge(t, delivery, each)
    })
  })
}

const SENT = [`traceparent: 00-${TRACE_ID}-${PARENT_ID}-01`]
const ILLEGAL = [`traceparent: 00-${'0'.repeat(32)}-${PARENT_ID}-01`]

t.test('with spans, each delivery is one of its own', async (t) => {
  for (const deliveries of await withSpans(SENT, [], ILLEGAL)) {
    const traces = deliveries.map((each) => VALID.exec(String(each.headers['traceparent']))?.[1])
    t.equal(new Set(deliveries.map(parentIdOf)).size, TRIGGERS, 'each has a parent id of its own')
    t.equal(new Set(traces).size, 1, 'of one trace')
    t.ok(deliveries.every((each) => parentIdOf(each) !== PARENT_ID))
  }
})

t.test('without spans, what is delivered hangs below who sent it', async (t) => {
  const long = Array.from({ length: 20 }, (_, i) => `k${i}=${'x'.repeat(30)}`).join()

  const [plain, shortened] = await withoutSpans(
    [...SENT, 'tracestate: k=1'],
    [...SENT, `tracestate: ${long}`],
  )

  t.equal(parentIdOf(plain?.[0]), PARENT_ID)
  t.equal(plain?.[0]?.headers['tracestate'], 'k=1')
  const { traceparent, tracestate } = shortened?.[0]?.headers ?? {}
  t.ok(long.startsWith(`${tracestate},`), 'whole members are left out, from the end')
  t.ok(String(tracestate).length <= 512 && String(tracestate).length > 470)
  t.not(parentIdOf(shortened?.[0]), PARENT_ID, 'and then the parent id is another one')
  t.match(traceparent, TRACE_ID)
})
