import t from 'tap'
import { deadLettersOf } from '../support/dead-letters-of.ts'
import { postEvent } from '../support/post-event.ts'
import {
  type Behaviour,
  type ReceivedRequest,
  ScriptedSubscriber,
  status,
} from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const MEASURED = 300
/** More than a Trigger may keep open, by more than it is fed in one go. */
const BACKLOG = 6000

/** The answers that the slow subscriber still owes. */
const held: (() => void)[] = []
const hold: Behaviour = (response, request) => {
  held.push(() => status(200)(response, request))
}

const fast = await ScriptedSubscriber.start(status(200))
const slow = await ScriptedSubscriber.start(hold)
const ordered = await ScriptedSubscriber.start((response, request) =>
  status(request.headers['ce-id'] === 'poison-0' ? 500 : 200)(response, request),
)
const trigger = (name: string, url: string, type: string, more = '', annotations?: string) =>
  triggerYaml({
    name,
    subscriber: `{uri: "${url}"}`,
    spec: `  filters: [{prefix: {type: ${type}}}]\n${more}`,
    ...(annotations === undefined ? {} : { annotations }),
  })
const eventing = [
  brokerYaml(),
  trigger('fast', fast.url, 'both'),
  trigger('slow', slow.url, 'both.slow', '  delivery: {timeout: PT60S}'),
  trigger(
    'ordered',
    ordered.url,
    'ordered',
    '  delivery: {retry: 2, backoffPolicy: linear, backoffDelay: PT0.4S}',
    'kafka.eventing.knative.dev/delivery.order: ordered',
  ),
].join('---\n')
const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing })
t.teardown(async () => {
  await sluice.stop()
  await Promise.all([fast.close(), slow.close(), ordered.close()])
})

t.test('in order per key: a poison key blocks only itself', async (t) => {
  const keys = ['poison', 'a', 'b']
  const batch = Array.from({ length: 60 }, (_, i) => {
    const key = keys[i % 3] ?? ''
    return { id: `${key}-${Math.floor(i / 3)}`, type: 'ordered', partitionkey: key }
  })
  t.equal((await postBatch(batch)).status, 202)
  // Three attempts for the first one of the poison key, one for every other.
  const requests = await ordered.waitFor(62, 10_000)
  const of = (key: string) =>
    requests
      .filter(({ headers }) => headers['ce-partitionkey'] === key)
      .map(({ headers }) => headers['ce-id'])
  const expected = (key: string) => Array.from({ length: 20 }, (_, i) => `${key}-${i}`)
  t.same(of('a'), expected('a'))
  t.same(of('b'), expected('b'))
  t.same(of('poison'), ['poison-0', 'poison-0', ...expected('poison')])
  const last = requests.findLastIndex(({ headers }) => headers['ce-id'] === 'poison-0')
  t.equal(last, 42, 'the other keys were done before the poison was given up')
  const [letter] = await deadLettersOf(sluice, 'default/ordered')
  t.match(letter, { event: { id: 'poison-0' }, status: 500 })
})

t.test('a Trigger that hangs, detaches and comes back', async (t) => {
  await latencies('both.warm')
  const without = p99(await latencies('both.calm'))
  const hanging = p99(await latencies('both.slow.hanging'))
  t.comment(`p99 without: ${without} ms, with a hanging neighbour: ${hanging} ms`)
  t.ok(hanging <= 10 * without + 50, 'a hanging neighbour changes nothing')

  for (let at = 0; at < BACKLOG; at += 1000) {
    const events = Array.from({ length: 1000 }, (_, i) => ({
      id: `backlog-${at + i}`,
      type: 'both.slow.backlog',
    }))
    t.equal((await postBatch(events)).status, 202)
  }
  await sluice.until('/triggers', (body) => triggerIn(body, 'slow').state === 'detached')
  await fast.waitFor(BACKLOG + 3 * MEASURED, 10_000)
  const detached = p99(await latencies('both.slow.detached'))
  t.comment(`p99 with a detached neighbour: ${detached} ms`)
  t.ok(detached <= 10 * without + 50, 'a detached neighbour changes nothing')
  t.equal(slow.inFlight, 64, 'at most max-in-flight')
  const { open, lag } = triggerIn(await sluice.until('/triggers', () => true), 'slow')
  t.equal(open, 4096)
  t.equal(open + lag, BACKLOG + 2 * MEASURED, 'what is not open is lag')

  const answered = slow.received.length
  slow.behaviour = status(200)
  for (const release of held.splice(0)) release()
  await sluice.until(
    '/triggers',
    (body) => {
      const { state, open, lag } = triggerIn(body, 'slow')
      return state === 'attached' && open === 0 && lag === 0
    },
    20_000,
  )
  t.equal(answered, 64)
  const ids = slow.received.map(({ headers }) => headers['ce-id'])
  t.equal(ids.length, BACKLOG + 2 * MEASURED, 'nothing twice')
  t.equal(new Set(ids).size, BACKLOG + 2 * MEASURED, 'nothing skipped')

  await latencies('both.slow.after')
  await slow.waitFor(BACKLOG + 3 * MEASURED)
  t.equal(fast.received.length, BACKLOG + 5 * MEASURED, 'and the fast one had all of it once')
})

/** Posts events of a type one after the other; how long each took from POST to the fast subscriber. */
async function latencies(type: string): Promise<readonly number[]> {
  const posted = new Map<string, number>()
  const before = fast.received.length
  for (let i = 0; i < MEASURED; i++) {
    const id = `${type}-${i}`
    posted.set(id, Date.now())
    await postEvent(sluice.ingressUrl, { attributes: { type, id } })
  }
  const done = () => fast.received.slice(before).filter((request) => posted.has(idOf(request)))
  const deadline = performance.now() + 10_000
  while (done().length < MEASURED) {
    if (performance.now() > deadline) throw new Error(`${type}: ${done().length} of ${MEASURED}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  return done().map((request) => request.time - (posted.get(idOf(request)) ?? 0))
}

function p99(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length * 0.99)] ?? 0
}

function idOf({ headers }: ReceivedRequest): string {
  return String(headers['ce-id'])
}

function postBatch(events: readonly object[]): Promise<Response> {
  const batch = events.map((event) => ({ specversion: '1.0', source: '/t', ...event }))
  return fetch(`${sluice.ingressUrl}/default/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify(batch),
  })
}

function triggerIn(body: string, name: string) {
  const { triggers } = JSON.parse(body) as {
    triggers: { trigger: string; state: string; open: number; lag: number }[]
  }
  const found = triggers.find(({ trigger }) => trigger === `default/${name}`)
  if (found === undefined) throw new Error(`No Trigger ${name} in ${body}`)
  return found
}
