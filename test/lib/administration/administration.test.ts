import t from 'tap'
import { request } from 'undici'
import {
  type AdministrationOptions,
  createAdministration,
} from '#administration/create-administration.ts'
import { MemoryDeadLetters } from '#dead-letters/memory/memory-dead-letters.ts'
import type { Health } from '#http/health.ts'
import { createLogger } from '#telemetry/logger.ts'
import { systemClock } from '#time/system-clock.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import { aBroker } from '../../gateway/harness.ts'
import { anEvent } from '../../support/an-event.ts'

const snapshot = () => ({ brokers: [aBroker()], triggers: [] })

const STATUS: TriggerStatus = {
  trigger: 'default/one',
  broker: 'default/default',
  readiness: { ready: true },
  paused: false,
  state: 'attached',
  lag: 3,
  open: 2,
  inFlight: 1,
  retrying: 1,
  lastError: undefined,
}

type Headers = Readonly<Record<string, string>>

function administration(options: Partial<AdministrationOptions> = {}) {
  const lines: string[] = []
  const app = createAdministration({
    triggers: { statuses: async () => [STATUS], snapshot },
    deadLetters: new MemoryDeadLetters(),
    metrics: async () => '# HELP x y\nx 1\n',
    readiness: () => ({ state: 'ready', faults: [] }),
    logger: createLogger({
      level: 'info',
      name: 'administration',
      destination: { write: (line) => void lines.push(line) },
    }),
    clock: systemClock,
    host: '127.0.0.1',
    port: 0,
    ...options,
  })
  return { app, lines }
}

async function started(
  t: typeof import('tap').t | Tap,
  options: Partial<AdministrationOptions> = {},
) {
  const { app, lines } = administration(options)
  const url = await app.start()
  t.teardown(() => app.stop(1000))
  const ask = async (path: string, headers: Headers = {}, method = 'GET') => {
    const answer = await request(`${url}${path}`, { method: method as 'GET', headers, reset: true })
    const text = await answer.body.text()
    const type = String(answer.headers['content-type'])
    return {
      status: answer.statusCode,
      headers: answer.headers,
      text,
      json: type.includes('json') ? JSON.parse(text) : undefined,
    }
  }
  return { ask, lines, url }
}

type Tap = { teardown(handler: () => unknown): void }

t.test('what there is, with headers that keep it here', async (t) => {
  const { ask } = await started(t)
  const index = await ask('/')
  for (const path of ['/', ...Object.values<string>(index.json)]) {
    const answer = await ask(path)
    t.equal(answer.status, 200, path)
    t.equal(answer.headers['x-content-type-options'], 'nosniff', path)
    t.equal(answer.headers['cache-control'], 'no-store', path)
  }
  const missing = await ask('/nothing')
  t.match(missing, { status: 404, json: { type: '/problems/not-found' } })
  t.equal(missing.headers['cache-control'], 'no-store')
  const wrong = await ask('/triggers', {}, 'POST')
  t.match(wrong, { status: 405, headers: { allow: 'GET, HEAD' } })
})

t.test('a process without Triggers and dead letters has no addresses for them', async (t) => {
  const { ask } = await started(t, { triggers: undefined, deadLetters: undefined })

  const addresses = Object.keys((await ask('/')).json)

  t.same(addresses, ['metrics', 'health', 'readiness', 'problems'])
  for (const path of ['/triggers', '/dead-letters', '/dead-letters/x']) {
    t.match(await ask(path), { status: 404, json: { type: '/problems/not-found' } }, path)
  }
})

t.test('GET /metrics is Prometheus text', async (t) => {
  const { ask } = await started(t)
  const { text, headers } = await ask('/metrics')
  t.equal(text, '# HELP x y\nx 1\n')
  t.equal(headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
})

t.test('GET /triggers shows Triggers and Brokers', async (t) => {
  const lastError = { time: 5, error: 'refused' }
  const { ask } = await started(t, {
    triggers: {
      statuses: async () => [STATUS, { ...STATUS, trigger: 'default/two', lastError }],
      snapshot,
    },
  })
  const { json } = await ask('/triggers')
  t.same(json.triggers, [
    { ...STATUS, lastError: null },
    { ...STATUS, trigger: 'default/two', lastError },
  ])
  t.match(json.brokers, [
    { broker: 'default/default', ingress: '/default/default', readiness: { ready: true } },
  ])
})

t.test('GET /dead-letters', async (t) => {
  const deadLetters = new MemoryDeadLetters()
  const { ask } = await started(t, { deadLetters })
  const data = '{"n":9007199254740993}'
  for (let offset = 0; offset < 5; offset++) {
    await deadLetters.put({
      broker: 'default/default',
      trigger: offset === 4 ? 'default/two' : 'default/one',
      partition: 0,
      offset,
      time: 1000 + offset,
      event: anEvent({ id: String(offset), constructor: 'x' }, data),
      reason: 'delivery-failed',
      destination: 'http://subscriber/',
      error: 'Status 500',
      status: 500,
      attempts: [{ phase: 'deliver', time: 1, durationMs: 2, status: 500, error: 'Status 500' }],
    })
  }

  t.test('pages, newest first', async (t) => {
    const ids: string[] = []
    let path: string | null = '/dead-letters?limit=2'
    let pages = 0
    while (path !== null) {
      const { json } = await ask(path)
      for (const letter of json.deadLetters) ids.push(letter.event.id)
      path = json.next
      pages += 1
    }
    t.same(ids, ['4', '3', '2', '1', '0'])
    t.equal(pages, 3)
  })
  t.test('of one Trigger, on every page', async (t) => {
    const first = await ask('/dead-letters?trigger=default/one&limit=3')
    const second = await ask(first.json.next)
    t.equal(first.json.deadLetters.length, 3)
    t.equal(second.json.deadLetters.length, 1)
    t.equal(second.json.next, null)
    t.match(second.json.deadLetters[0], { event: { id: '0', constructor: 'x' }, dataBytes: 22 })
  })
  t.test('a whole one has its event as it came', async (t) => {
    const { json: page } = await ask('/dead-letters?limit=1')
    const { status, text, json } = await ask(`/dead-letters/${page.deadLetters[0].id}`)
    t.equal(status, 200)
    t.match(text, `"data":${data}`)
    t.match(json, { trigger: 'default/two', status: 500, event: { id: '4' } })
    t.equal(json.attempts.length, 1)
  })
  t.test('a record that was no CloudEvent has no id, and its bytes as base64', async (t) => {
    await deadLetters.put({
      broker: 'default/default',
      trigger: '',
      partition: 0,
      offset: 9,
      time: 9000,
      event: { attributes: new Map(), data: Uint8Array.of(0, 255) },
      reason: 'unreadable-record',
      destination: '',
      error: 'The header ce_id is missing',
      attempts: [],
    })
    const { json: page } = await ask('/dead-letters?limit=1')
    t.match(page.deadLetters, [{ reason: 'unreadable-record', trigger: '', dataBytes: 2 }])
    t.same(page.deadLetters[0].event, {})
    const { json } = await ask(`/dead-letters/${page.deadLetters[0].id}`)
    t.match(json, { offset: 9, error: /ce_id is missing/ })
    t.same(json.event, { data_base64: 'AP8=' })
  })
  t.test('what is asked wrongly', async (t) => {
    for (const limit of ['0', '1001', '-1', '1.5', 'x', '', '99999999999']) {
      const { status, json } = await ask(`/dead-letters?limit=${limit}`)
      t.equal(status, 400, `limit=${limit}`)
      t.match(json.detail, 'must be 1 to 1000')
    }
    t.equal((await ask('/dead-letters?trigger=a&trigger=b')).status, 400)
    t.equal((await ask('/dead-letters?after=rubbish')).status, 400)
    t.equal((await ask('/dead-letters/none')).status, 404)
    t.equal((await ask('/dead-letters/%zz')).status, 404)
  })
})

t.test('dead letters that cannot be read now are 503, and say why', async (t) => {
  const failing = async () => Promise.reject(new Error('Cannot read the dead letters: no answer'))
  const { ask, lines } = await started(t, { deadLetters: { list: failing, get: failing } })

  for (const path of ['/dead-letters', '/dead-letters/x']) {
    const { status, headers, json } = await ask(path)
    t.equal(status, 503, path)
    t.equal(headers['retry-after'], '5')
    t.match(json, { type: '/problems/not-ready', detail: /no answer$/ })
  }
  t.same(lines, [])
})

t.test('/readyz says what the gateway says', async (t) => {
  let health: Health = { state: 'starting', faults: [] }
  const { ask } = await started(t, { readiness: () => health })
  t.equal((await ask('/readyz')).status, 503)
  health = { state: 'ready', faults: ['The disk is full'] }
  t.match(await ask('/readyz'), { status: 503, json: { faults: ['The disk is full'] } })
  health = { state: 'ready', faults: [], warnings: ['Kafka is away'] }
  t.match(await ask('/readyz'), { status: 200, json: { ready: true, warnings: ['Kafka is away'] } })
  t.equal((await ask('/healthz')).status, 200)
})

t.test('a foreign Host is 421, wherever', async (t) => {
  const { ask } = await started(t)
  for (const path of ['/', '/metrics', '/healthz', '/nothing', '/problems/internal']) {
    const answer = await ask(path, { host: 'evil.example' })
    t.match(answer, { status: 421, json: { type: '/problems/host-refused' } }, path)
  }
  t.equal((await ask('/', { host: 'localhost:1' })).status, 200)
})

t.test('a token is demanded beyond loopback, and of every request', async (t) => {
  for (const token of [undefined, '']) {
    const { app } = administration({ host: '0.0.0.0', token })
    await t.rejects(app.start(), { message: /needs a token; set ADMIN_TOKEN, or ADMIN_HOST/ })
    t.notOk(app.server.server.listening)
  }
  const { ask } = await started(t, { host: '0.0.0.0', token: 'a-long-enough-token' })
  for (const path of [
    '/',
    '/metrics',
    '/triggers',
    '/dead-letters',
    '/dead-letters/x',
    '/problemsx',
    '/nothing',
  ]) {
    const answer = await ask(path)
    t.match(answer, { status: 401, headers: { 'www-authenticate': 'Bearer' } }, path)
    t.equal((await ask(path, { authorization: 'Bearer wrong' })).status, 401, path)
    t.not((await ask(path, { authorization: 'Bearer a-long-enough-token' })).status, 401, path)
  }
  for (const path of ['/healthz', '/readyz', '/problems', '/problems/internal']) {
    t.equal((await ask(path)).status, 200, path)
  }
})

t.test('what fails within is 500 without a reason, and logged', async (t) => {
  const { ask, lines } = await started(t, {
    triggers: { statuses: async () => Promise.reject(new Error('secret')), snapshot },
  })
  const { status, text } = await ask('/triggers')
  t.equal(status, 500)
  t.notMatch(text, 'secret')
  t.equal(lines.length, 1)
  t.match(lines[0], 'secret')
})
