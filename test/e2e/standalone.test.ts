import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { promisify } from 'node:util'
import t from 'tap'
import { anEvent } from '../support/an-event.ts'
import { postEvent } from '../support/post-event.ts'
import {
  closeSocket,
  hang,
  reply,
  ScriptedSubscriber,
  status,
} from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'

const run = promisify(execFile)

const BROKER = `
apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: default }
`

function trigger(name: string, url: string, more = ''): string {
  return `---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: ${name} }
spec:
  broker: default
  subscriber: { uri: "${url}" }
${more}
`
}

t.test('an event goes from POST to subscriber, in each content mode, byte for byte', async (t) => {
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const eventing = BROKER + trigger('all', subscriber.url)
  const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing })
  t.teardown(() => sluice.stop())
  t.match(sluice.output, /Trigger +default\/all +Ready/)

  const curl = /Try it:\n\n([\s\S]+)\n\n/.exec(sluice.output)?.[1] ?? ''
  const { stdout } = await run('bash', ['-c', curl])
  t.match(stdout, /^HTTP\/1\.1 202/, 'the printed line works when pasted')
  const [pasted] = await subscriber.waitFor(1)
  t.equal(pasted?.headers['ce-type'], 'dev.sluice.task.created')

  const data = Buffer.from('{"big": 9007199254740993, "__proto__": {}}')
  const response = await postEvent(sluice.ingressUrl, {
    attributes: { subject: 'Euro%20%E2%82%AC', id: 'binary' },
    headers: { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    body: data,
  })
  t.equal(response.status, 202)
  const binary = (await subscriber.waitFor(2))[1]
  t.same(binary?.body, data)
  t.match(binary?.headers, {
    'ce-id': 'binary',
    'ce-subject': 'Euro%20%E2%82%AC',
    'content-type': 'application/json',
    prefer: 'reply',
    'kn-namespace': 'default',
    traceparent: /^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-01$/,
    'ce-traceparent': /^00-0af7651916cd43dd8448eb211c80319c-/,
  })

  const structured = await fetch(`${sluice.ingressUrl}/default/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: '{"specversion":"1.0","id":"s","source":"/t","type":"t","n":5,"data":{ "big": 9007199254740993 }}',
  })
  t.equal(structured.status, 202)
  const third = (await subscriber.waitFor(3))[2]
  t.equal(third?.body.toString(), '{ "big": 9007199254740993 }')
  t.equal(third?.headers['ce-n'], '5')

  const one = (id: string) => ({ specversion: '1.0', id, source: '/t', type: 't' })
  const batch = await fetch(`${sluice.ingressUrl}/default/default`, {
    method: 'POST',
    headers: { 'content-type': 'application/cloudevents-batch+json' },
    body: JSON.stringify([one('b1'), one('b2')]),
  })
  t.equal(batch.status, 202)
  const all = await subscriber.waitFor(5)
  t.same(
    all
      .slice(3)
      .map((each) => each.headers['ce-id'])
      .sort(),
    ['b1', 'b2'],
  )
})

t.test('a reply, a dead letter, a retry: each as the YAML says', async (t) => {
  let failures = 0
  const subscriber = await ScriptedSubscriber.start((response, request) => {
    const type = request.headers['ce-type']
    if (request.url === '/sink') return status(200)(response, request)
    if (type === 'ask') return reply(anEvent({ id: 'answer', type: 'answered' }))(response, request)
    if (type === 'flaky' && failures++ < 2) return status(500)(response, request)
    if (type === 'gone') return closeSocket(response, request)
    if (type === 'bad') return status(400, { body: 'no' })(response, request)
    status(200)(response, request)
  })
  t.teardown(() => subscriber.close())
  const linear = 'backoffPolicy: linear, backoffDelay: PT0.05S'
  const eventing =
    BROKER +
    trigger('all', subscriber.url, `  delivery: { retry: 2, ${linear} }`) +
    trigger(
      'sunk',
      `${subscriber.url}sunk`,
      `  filters: [{ exact: { type: bad } }]
  delivery: { retry: 1, ${linear}, deadLetterSink: { uri: "${subscriber.url}sink" } }`,
    )
  const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing })
  t.teardown(() => sluice.stop())

  await postEvent(sluice.ingressUrl, { attributes: { type: 'ask' } })
  const replied = await subscriber.waitFor(2)
  t.equal(replied[1]?.headers['ce-type'], 'answered')

  await postEvent(sluice.ingressUrl, { attributes: { type: 'flaky', id: 'flaky' } })
  await subscriber.waitFor(5)
  t.match(await (await sluice.get('/dead-letters')).json(), { deadLetters: [] })

  await postEvent(sluice.ingressUrl, { attributes: { type: 'gone', id: 'gone' } })
  await sluice.until('/dead-letters', (body) => body.includes('"gone"'))
  const page = (await (await sluice.get('/dead-letters')).json()) as {
    deadLetters: { id: string }[]
  }
  const letter = await (await sluice.get(`/dead-letters/${page.deadLetters[0]?.id}`)).json()
  t.match(letter, {
    trigger: 'default/all',
    attempts: [{}, {}, {}],
    event: { id: 'gone', data: { a: 1 } },
  })

  const before = subscriber.received.length
  await postEvent(sluice.ingressUrl, { attributes: { type: 'bad', id: 'bad' } })
  await subscriber.waitFor(before + 3)
  const sunk = subscriber.received.find((each) => each.url === '/sink')
  t.match(sunk?.headers, {
    'ce-knativeerrorcode': '400',
    'ce-knativeerrordest': `${subscriber.url}sunk`,
    'ce-knativeerrordata': Buffer.from('no').toString('base64'),
  })
  await sluice.until('/metrics', (body) =>
    /sluice_dead_letters_total\{[^}]*to="sink"[^}]*\} 1/.test(body),
  )
})

t.test('a hanging subscriber holds up nobody else, nor the end', async (t) => {
  const fast = await ScriptedSubscriber.start(status(200))
  const stuck = await ScriptedSubscriber.start(hang)
  t.teardown(() => Promise.all([fast.close(), stuck.close()]))
  const eventing = BROKER + trigger('stuck', stuck.url) + trigger('fast', fast.url)
  const sluice = await SluiceProcess.start({
    dir: t.testdir(),
    eventing,
    env: { GRACE_PERIOD: 'PT0.2S' },
  })
  t.teardown(() => sluice.stop())

  for (let i = 0; i < 200; i++) await postEvent(sluice.ingressUrl)
  await fast.waitFor(200)

  t.match(await (await sluice.get('/triggers')).json(), {
    triggers: [
      { trigger: 'default/stuck', open: 200, inFlight: 64 },
      { trigger: 'default/fast', open: 0 },
    ],
  })
  t.equal(await sluice.stop(), 0, 'what hangs is cut off after the grace period')
})

t.test('SIGTERM: what is in flight ends, nothing is repeated, the exit code is 0', async (t) => {
  const dir = t.testdir()
  const subscriber = await ScriptedSubscriber.start((response, request) => {
    setTimeout(() => status(200)(response, request), 300)
  })
  t.teardown(() => subscriber.close())
  const eventing = BROKER + trigger('all', subscriber.url)
  const first = await SluiceProcess.start({ dir, eventing })
  await postEvent(first.ingressUrl, { attributes: { id: 'once' } })
  await subscriber.waitFor(1)
  t.equal(await first.stop(), 0)

  const second = await SluiceProcess.start({ dir, eventing })
  t.teardown(() => second.stop())
  const repeat = await postEvent(second.ingressUrl, { attributes: { id: 'once' } })
  t.equal(repeat.headers.get('sluice-duplicate'), 'true', 'known as a repeat after the restart')
  await postEvent(second.ingressUrl, { attributes: { id: 'next' } })
  const received = await subscriber.waitFor(2)
  t.same(
    received.map((each) => each.headers['ce-id']),
    ['once', 'next'],
  )
})

t.test('SIGTERM: the exit code is 0 also where a sample has found its port taken', async (t) => {
  const other = await ScriptedSubscriber.start(status(200))
  t.teardown(() => other.close())
  const env = { SAMPLES: 'on', SERVICES: `todo: ${other.url}\n` }
  const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing: BROKER, env })
  t.teardown(() => sluice.stop())
  await sluice.until('/readyz', () => sluice.output.includes('Cannot start the sample todo'))

  t.equal(await sluice.stop(), 0)
})

t.test('a retry schedule survives kill -9: retry 3 is four attempts', async (t) => {
  const dir = t.testdir()
  const subscriber = await ScriptedSubscriber.start(status(503))
  t.teardown(() => subscriber.close())
  const more = '  delivery: { retry: 3, backoffPolicy: linear, backoffDelay: PT0.4S }'
  const eventing = BROKER + trigger('all', subscriber.url, more)
  let sluice = await SluiceProcess.start({ dir, eventing })
  await postEvent(sluice.ingressUrl, { attributes: { id: 'x' } })
  for (let attempts = 1; attempts <= 3; attempts++) {
    await subscriber.waitFor(attempts)
    await sluice.until('/triggers', (body) => /"retrying": ?1\b/.test(body))
    // The failure is saved before the back-off starts; give that save its moment.
    await new Promise((resolve) => setTimeout(resolve, 100))
    await sluice.stop('SIGKILL')
    sluice = await SluiceProcess.start({ dir, eventing })
  }
  t.teardown(() => sluice.stop())
  await sluice.until('/dead-letters', (body) => body.includes('"x"'))

  t.equal(subscriber.received.length, 4)
})

t.test('changes on disk are taken over within a second, and faults are said', async (t) => {
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const sluice = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: BROKER + trigger('old', `${subscriber.url}old`),
  })
  t.teardown(() => sluice.stop())

  await sluice.writeEventing(BROKER + trigger('new', `${subscriber.url}new`))
  await sluice.until('/triggers', (body) => body.includes('default/new'), 1000)
  await postEvent(sluice.ingressUrl)
  const [first] = await subscriber.waitFor(1)
  t.equal(first?.url, '/new')

  await sluice.writeEventing(`${BROKER}---\n{ not: yaml: at: all`)
  await new Promise((resolve) => setTimeout(resolve, 700))
  await postEvent(sluice.ingressUrl)
  await subscriber.waitFor(2)
  t.match(sluice.output, /all\.yaml/, 'the fault names its file')

  const typo = trigger('typo', subscriber.url, '  filtres: []')
  await sluice.writeEventing(BROKER + typo + trigger('new', `${subscriber.url}new`))
  const body = await sluice.until('/triggers', (text) => text.includes('default/typo'), 1500)
  t.match(body, /filtres/)
  await postEvent(sluice.ingressUrl)
  await subscriber.waitFor(3)
})

t.test('bad input gets a problem with the rule and the place', async (t) => {
  const schema = {
    $id: 'https://example.com/order/1',
    type: 'object',
    required: ['id'],
    properties: { id: { type: 'string' } },
  }
  const sluice = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: BROKER,
    schemas: { 'order/1.json': JSON.stringify(schema) },
  })
  t.teardown(() => sluice.stop())
  const url = sluice.ingressUrl
  const rows = [
    [
      'no event',
      fetch(`${url}/default/default`, { method: 'POST', body: 'x' }),
      415,
      'not-an-event',
    ],
    ['empty id', postEvent(url, { attributes: { id: '' } }), 400, 'event-invalid'],
    ['bad data', postEvent(url, { attributes: { type: 'order' } }), 422, 'data-invalid'],
    ['no such Broker', fetch(`${url}/default/none`, { method: 'POST' }), 404, 'broker-unknown'],
    ['GET', fetch(`${url}/default/default`), 405, 'method-not-allowed'],
    ['too large', postEvent(url, { body: 'x'.repeat(4e6) }), 413, 'event-too-large'],
  ] as const
  for (const [name, answer, code, type] of rows) {
    const response = await answer
    t.equal(response.status, code, name)
    t.match(response.headers.get('content-type'), /^application\/problem\+json/)
    const problem = (await response.json()) as { type: string }
    t.equal(problem.type, `/problems/${type}`)
    t.equal((await fetch(`${url}${problem.type}`)).status, 200, 'the type is an address')
  }
})

t.test('what cannot start says why in one line', async (t) => {
  const dir = t.testdir()
  const sluice = await SluiceProcess.start({ dir, eventing: BROKER })
  t.teardown(() => sluice.stop())
  const second = await SluiceProcess.start({ dir, eventing: BROKER }).catch(String)
  t.match(second, /data/, 'the data folder is in use')
  t.notMatch(second, /\n {4}at /)

  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => server.close())
  const port = String((server.address() as { port: number }).port)
  const taken = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: BROKER,
    env: { PORT: port },
  }).catch(String)
  t.match(taken, new RegExp(port))
  t.notMatch(taken, /\n {4}at /)

  const damaged = t.testdir({ data: { 'cursors.db': 'this is no database '.repeat(99) } })
  const unopened = await SluiceProcess.start({ dir: damaged, eventing: BROKER }).catch(String)
  t.match(unopened, /Cannot open the cursors in .*cursors\.db/)
  t.notMatch(unopened, /\\n +at |\n +at /)

  const wrong = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: BROKER,
    env: { PORT: 'x', MAX_EVENT_BYTES: '-1', SAMPLES: 'maybe' },
  }).catch(String)
  for (const name of ['PORT', 'MAX_EVENT_BYTES', 'SAMPLES']) t.match(wrong, new RegExp(name))
})
