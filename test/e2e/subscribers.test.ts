import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { anEvent } from '../support/an-event.ts'
import { deadLettersOf } from '../support/dead-letters-of.ts'
import { postEvent } from '../support/post-event.ts'
import {
  type Behaviour,
  drip,
  endless,
  hang,
  inTurn,
  type ReceivedRequest,
  reply,
  ScriptedSubscriber,
  status,
} from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const CE_HEADERS = { 'ce-specversion': '1.0', 'ce-id': 'r', 'ce-source': '/r', 'ce-type': 'reply' }
const LINEAR = 'backoffPolicy: linear, backoffDelay: PT0.05S'

interface Row {
  readonly delivery: string
  readonly behaviour: Behaviour
}

/** Each type of event has a Trigger of its name, and a subscriber at the path of its name. */
const ROWS: Readonly<Record<string, Row>> = {
  flaky: {
    delivery: `retry: 3, ${LINEAR}`,
    behaviour: inTurn(status(500), status(500), status(200)),
  },
  hang: { delivery: `retry: 1, timeout: PT0.3S, ${LINEAR}`, behaviour: hang },
  later: {
    delivery: `retry: 3, ${LINEAR}`,
    behaviour: inTurn(status(429, { headers: { 'retry-after': '1' } }), status(200)),
  },
  'much-later': {
    delivery: `retry: 3, retryAfterMax: PT0.6S, ${LINEAR}`,
    behaviour: inTurn(status(503, { headers: { 'retry-after': '3600' } }), status(200)),
  },
  never: {
    delivery: `retry: 5, ${LINEAR}`,
    behaviour: status(400, { headers: { 'retry-after': '1' } }),
  },
  drip: { delivery: `retry: 1, timeout: PT0.4S, ${LINEAR}`, behaviour: drip(200, 10) },
  endless: { delivery: `retry: 1, timeout: PT10S, ${LINEAR}`, behaviour: endless(200) },
  'endless-error': { delivery: `retry: 1, timeout: PT10S, ${LINEAR}`, behaviour: endless(500) },
  'endless-reply': {
    delivery: `retry: 1, timeout: PT10S, ${LINEAR}`,
    behaviour: endless(200, CE_HEADERS),
  },
  ask: {
    delivery: 'retry: 0',
    behaviour: reply(anEvent({ id: 'answer', type: 'answer' }, '{ "n": 1.0 }')),
  },
  answer: { delivery: 'retry: 0', behaviour: status(200, { body: 'thank you' }) },
  accepted: { delivery: 'retry: 0', behaviour: reply(anEvent({ id: 'no', type: 'never' }), 202) },
  batch: { delivery: 'retry: 0', behaviour: status(200) },
}

const hops = (response: Parameters<Behaviour>[0], request: ReceivedRequest) =>
  reply(anEvent({ id: `hop-${request.index}`, type: 'loop' }))(response, request)

const subscriber = await ScriptedSubscriber.start((response, request) => {
  const name = request.url.slice(1)
  ;(name === 'loop' ? hops : ROWS[name]?.behaviour)?.(response, request)
})
const closedPort = await unusedPort()
const trigger = (name: string, url: string, delivery: string) =>
  triggerYaml({
    name,
    subscriber: `{uri: "${url}"}`,
    spec: `  filters: [{exact: {type: ${name}}}]\n  delivery: {${delivery}}`,
  })
const eventing = [
  brokerYaml(),
  ...Object.entries(ROWS).map(([name, { delivery }]) =>
    trigger(name, `${subscriber.url}${name}`, delivery),
  ),
  trigger('loop', `${subscriber.url}loop`, 'retry: 5'),
  trigger('refused', `http://127.0.0.1:${closedPort}/`, `retry: 2, ${LINEAR}`),
].join('---\n')
const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing })
t.teardown(async () => {
  await sluice.stop()
  await subscriber.close()
})

// All at once, so that the waiting overlaps.
const sent = ['refused', 'loop', ...Object.keys(ROWS)].filter(
  (name) => !['answer', 'batch'].includes(name),
)
const statuses = await Promise.all(
  sent.map(async (type) => {
    const { status } = await postEvent(sluice.ingressUrl, { attributes: { type, id: type } })
    return `${type} ${status}`
  }),
)

t.test('all are accepted', (t) => {
  t.same(
    statuses,
    sent.map((type) => `${type} 202`),
  )
  t.end()
})

t.test('500 twice, then 200: three attempts, and no dead letter', async (t) => {
  const requests = await requestsTo('flaky', 3)
  t.same(
    requests.map(({ headers }) => headers['ce-id']),
    ['flaky', 'flaky', 'flaky'],
  )
  t.same(await deadLettersOf(sluice, 'default/flaky'), [])
})

t.test('hanging: each attempt ends at the timeout, and the last one is final', async (t) => {
  const letter = await deadLetter('hang')
  t.equal(letter?.attempts.length, 2)
  for (const { durationMs } of letter?.attempts ?? []) {
    t.ok(durationMs >= 290 && durationMs < 3000, `${durationMs} ms`)
  }
  const [first, second] = await requestsTo('hang', 2)
  // The subscriber notices the request a little later than its attempt begins.
  t.ok(gap(first, second) >= 250, `timeout and back-off: ${gap(first, second)} ms`)
})

t.test('429 with Retry-After: waits as long as it was asked to', async (t) => {
  const [first, second] = await requestsTo('later', 2)
  t.ok(gap(first, second) >= 990, `${gap(first, second)} ms`)
})

t.test('Retry-After counts up to retryAfterMax', async (t) => {
  const [first, second] = await requestsTo('much-later', 2)
  t.ok(gap(first, second) >= 590, `${gap(first, second)} ms`)
})

t.test('400 is final at once, whatever Retry-After says', async (t) => {
  const letter = await deadLetter('never')
  t.match(letter, { status: 400, attempts: [{}] })
  t.equal(letter?.attempts.length, 1)
})

t.test('connection refused: retried, then a dead letter that says so', async (t) => {
  const letter = await deadLetter('refused')
  t.equal(letter?.attempts.length, 3)
  t.match(letter?.error, /refuses connections/)
  t.equal(letter?.status, undefined)
})

t.test('a slow drip: the timeout counts for the whole body', async (t) => {
  const letter = await deadLetter('drip')
  t.equal(letter?.attempts.length, 2)
  for (const { durationMs } of letter?.attempts ?? []) {
    t.ok(durationMs >= 390 && durationMs < 3000, `${durationMs} ms`)
  }
})

t.test('an endless body on success is cut off, and is a success', async (t) => {
  await sluice.until('/metrics', (body) =>
    /sluice_deliveries_total\{[^}]*trigger="default\/endless"[^}]*\} 1\b/.test(body),
  )
  t.equal((await requestsTo('endless', 1)).length, 1)
})

t.test('an endless body on failure: a failure like any other', async (t) => {
  const letter = await deadLetter('endless-error')
  t.equal(letter?.attempts.length, 2)
  t.equal(letter?.status, 500)
})

t.test('an endless reply is cut off and fails the delivery', async (t) => {
  const letter = await deadLetter('endless-reply')
  t.equal(letter?.attempts.length, 2)
  t.match(letter?.error, /a reply of more than \d+ bytes/)
})

t.test('a reply is an event like any other; a 202 with a body is none', async (t) => {
  const [answer] = await requestsTo('answer', 1)
  t.match(answer?.headers, { 'ce-id': 'answer', 'ce-type': 'answer', 'kn-namespace': 'default' })
  t.equal(answer?.body.toString(), '{ "n": 1.0 }')
  t.equal((await requestsTo('accepted', 1)).length, 1)
  for (const name of ['ask', 'answer', 'accepted']) {
    t.same(await deadLettersOf(sluice, `default/${name}`), [], `${name}: delivered`)
  }
})

t.test('a reply loop ends after 255 replies, as a dead letter', async (t) => {
  const letter = await deadLetter('loop')
  t.match(letter, { reason: 'reply-loop', attempts: [{}] })
  t.match(letter?.error, /255/)
  const requests = await requestsTo('loop', 256)
  t.equal(requests.length, 256, 'the event itself, and 255 replies')
  t.equal(new Set(requests.map(({ headers }) => headers['ce-id'])).size, 256, 'each of them once')
})

t.test('a batch is all or nothing', async (t) => {
  const one = (id: string) => ({ specversion: '1.0', id, source: '/t', type: 'batch' })
  const post = (batch: unknown) =>
    fetch(`${sluice.ingressUrl}/default/default`, {
      method: 'POST',
      headers: { 'content-type': 'application/cloudevents-batch+json' },
      body: JSON.stringify(batch),
    })
  const refused = await post([
    one('1'),
    { ...one('2'), id: '' },
    one('3'),
    { ...one('4'), time: 1 },
  ])
  t.equal(refused.status, 400)
  t.match(await refused.text(), /\/1\/id[\s\S]*\/3\/time/, 'each bad one is named by its index')
  // Nothing of it is taken for a repeat either.
  t.equal((await post([one('3'), one('1')])).status, 202)
  const requests = await requestsTo('batch', 2)
  t.same(requests.map(({ headers }) => headers['ce-id']).sort(), ['1', '3'])
})

t.test('all of that leaves nothing open', async () => {
  await sluice.until('/triggers', (body) => {
    const { triggers } = JSON.parse(body) as { triggers: { open: number; lag: number }[] }
    return triggers.every(({ open, lag }) => open === 0 && lag === 0)
  })
})

/** What the subscriber got at the path of that name, once there are `count` requests. */
async function requestsTo(name: string, count: number): Promise<readonly ReceivedRequest[]> {
  const deadline = performance.now() + 10_000
  for (;;) {
    const found = subscriber.received.filter(({ url }) => url === `/${name}`)
    if (found.length >= count) return found
    if (performance.now() > deadline) throw new Error(`${name}: ${found.length} of ${count}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

async function deadLetter(name: string) {
  await sluice.until(`/dead-letters?trigger=default/${name}`, (body) => body.includes('"attempts"'))
  return (await deadLettersOf(sluice, `default/${name}`))[0]
}

function gap(first: ReceivedRequest | undefined, second: ReceivedRequest | undefined): number {
  return (second?.time ?? 0) - (first?.time ?? 0)
}

/** A port on which nobody listens. */
async function unusedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
