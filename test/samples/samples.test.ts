import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { CloudEvent } from '#events/event.ts'
import { readMessage } from '#events/read-message.ts'
import { writeBinary } from '#events/write-binary.ts'
import { compileFilters } from '#filters/compile-filters.ts'
import { openSchemas } from '#schemas/open-schemas.ts'
import { systemClock } from '#time/system-clock.ts'
import { openFileTriggerSource } from '#triggers/files/file-trigger-source.ts'
import { startSamples } from '../../services/samples/start-samples.ts'
import { anEvent } from '../support/an-event.ts'
import { ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'

const NAMES = [
  'todo',
  'task-analytics',
  'chat-analytics',
  'user-behavior',
  'system-metrics',
  'always-fails',
] as const
type Name = (typeof NAMES)[number]

const logger = pino({ level: 'silent' })
const LIMITS = { maxEventBytes: 1024 * 1024, maxBatchEvents: 100 }
const STRICT = { schemas: 'enforce', unknownTypes: 'reject' } as const
const T = '2026-03-02T09:15:00.000Z'

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** The samples at free ports, and a sink for what `todo` publishes. */
async function started(test: Test) {
  const sink = await ScriptedSubscriber.start()
  const entries = await Promise.all(
    NAMES.map(async (name) => [name, new URL(`http://127.0.0.1:${await freePort()}`)] as const),
  )
  const urls = Object.fromEntries(entries) as Record<Name, URL>
  const samples = await startSamples({ urls, sink: sink.url, logger })
  test.teardown(async () => {
    await samples.close()
    await sink.close()
  })
  const call = async (method: string, path: string, body?: object) => {
    const headers: Record<string, string> = body ? { 'content-type': 'application/json' } : {}
    const init = { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) }
    const response = await fetch(new URL(path, urls.todo), init)
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text), response }
  }
  return { sink, urls, samples, call }
}

/** Delivers an event as Sluice does, over a real socket. */
async function deliver(url: URL, event: CloudEvent) {
  const headers = new Headers()
  const list = writeBinary(event)
  for (let i = 0; i < list.length; i += 2) headers.set(list[i] ?? '', list[i + 1] ?? '')
  const body = Buffer.from(event.data ?? [])
  const response = await fetch(url, { method: 'POST', headers, body })
  const rawHeaders = [...response.headers].flat()
  return { status: response.status, rawHeaders, body: Buffer.from(await response.arrayBuffer()) }
}

const figures = async (url: URL) => (await fetch(url)).json()

let lastId = 0
const event = (type: string, data: object, id = `id-${++lastId}`) =>
  anEvent({ id, type: `dev.sluice.${type}` }, JSON.stringify(data))

t.test('each schema accepts its own examples, and nothing else', async (t) => {
  const schemas = await openSchemas({ schemasDir: 'schemas', logger })
  t.teardown(() => schemas.close())
  for (const { type, version } of schemas.compiled().schemas) {
    const { examples } = JSON.parse(readFileSync(`schemas/${type}/${version}.json`, 'utf8'))
    t.ok(examples.length > 0, type)
    for (const example of examples) {
      const check = (data: object) =>
        schemas.check(anEvent({ type }, JSON.stringify(data)), STRICT).map(({ rule }) => rule)

      t.strictSame(check(example), [], type)
      t.strictSame(check({ ...example, unheardOf: 1 }), ['additionalProperties'], type)
      for (const name of Object.keys(example)) {
        t.not(check({ ...example, [name]: [[]] }).length, 0, `${type} ${name}`)
      }
    }
  }
})

t.test('eventing/base sends each type where it belongs', async (t) => {
  const source = await openFileTriggerSource({
    eventingDir: 'eventing/base',
    servicesFile: 'eventing/services.yaml',
    clock: systemClock,
  })
  t.teardown(() => source.close())
  const { brokers, triggers } = source.snapshot()
  const receivers = (type: string) =>
    triggers
      .filter(({ filters }) => compileFilters(filters)(anEvent({ type })))
      .map(({ name, subscriber }) => `${name} ${new URL(subscriber).port}`)
  const systemFromTest = anEvent({ type: 'dev.sluice.system.health', source: '/my/test' })
  const system = anEvent({ type: 'dev.sluice.system.health', source: '/my/laptop' })

  t.match(brokers, [{ key: 'default/default', readiness: { ready: true } }])
  t.ok(triggers.every(({ readiness }) => readiness.ready))
  for (const type of ['created', 'updated', 'completed', 'deleted']) {
    t.strictSame(receivers(`dev.sluice.task.${type}`), ['task-analytics 8091'])
  }
  t.strictSame(receivers('dev.sluice.task.milestone'), ['task-milestones 8093'])
  t.strictSame(receivers('dev.sluice.conversation.started'), ['chat-analytics 8092'])
  t.strictSame(receivers('dev.sluice.message.sent'), ['chat-analytics 8092'])
  t.strictSame(receivers('dev.sluice.user.registered'), ['user-behavior 8093'])
  t.strictSame(receivers('dev.sluice.user.logged-in'), ['user-behavior 8093'])
  t.strictSame(receivers('dev.sluice.sample.failing'), ['always-fails 8095'])
  t.strictSame(receivers('test.event'), [])
  const metrics = triggers.find(({ name }) => name === 'system-metrics')
  t.ok(metrics && compileFilters(metrics.filters)(system))
  t.notOk(metrics && compileFilters(metrics.filters)(systemFromTest))
  const failing = triggers.find(({ name }) => name === 'always-fails')
  t.match(failing?.delivery, { retry: 2, backoffDelayMs: 200, deadLetterSink: undefined })
})

t.test('todo publishes what its schemas promise', async (t) => {
  const { sink, call } = await started(t)
  const schemas = await openSchemas({ schemasDir: 'schemas', logger })
  t.teardown(() => schemas.close())

  const task = (await call('POST', '/tasks', { title: 'Grüße 🙂', assignee: 'u1' })).body
  await call('PATCH', `/tasks/${task.taskId}`, { priority: 'high' })
  await call('POST', `/tasks/${task.taskId}/complete`)
  await call('DELETE', `/tasks/${task.taskId}`)
  const other = (await call('POST', '/tasks', { title: 'Other', priority: 'low' })).body
  await call('POST', `/tasks/${other.taskId}/complete`, { completedBy: 'u2' })
  const user = (await call('POST', '/users', { name: 'Zoë', email: 'zoe@example.com' })).body
  await call('POST', `/users/${user.userId}/logins`, { method: 'sso' })
  const talk = (await call('POST', '/conversations', { participants: [user.userId] })).body
  const message = { author: user.userId, text: 'Hello' }
  await call('POST', `/conversations/${talk.conversationId}/messages`, message)
  await call('POST', '/system/health', { component: 'db', status: 'healthy', latencyMs: 1.5 })
  await call('POST', '/system/errors', { component: 'db', severity: 'error', message: 'slow' })

  const events = sink.received.map(
    ({ rawHeaders, body }) => readMessage(rawHeaders, body, LIMITS).events[0] ?? anEvent(),
  )
  t.strictSame(
    events.map(({ attributes }) => String(attributes.get('type')).replace('dev.sluice.', '')),
    [
      'task.created',
      'task.updated',
      'task.completed',
      'task.deleted',
      'task.created',
      'task.completed',
      'user.registered',
      'user.logged-in',
      'conversation.started',
      'message.sent',
      'system.health',
      'system.error',
    ],
  )
  for (const published of events) {
    const type = String(published.attributes.get('type'))
    t.strictSame(schemas.check(published, STRICT), [], type)
    t.equal(
      published.attributes.get('dataschema'),
      schemas.compiled().schemas.find((schema) => schema.type === type)?.id,
    )
  }
  t.equal(new Set(events.map(({ attributes }) => attributes.get('id'))).size, events.length)
  t.match(JSON.parse(String(events[0]?.data)), { title: 'Grüße 🙂', priority: 'normal' })
})

t.test('todo changes nothing when publishing fails', async (t) => {
  const { sink, call } = await started(t)
  const { taskId } = (await call('POST', '/tasks', { title: 'One' })).body

  const answers: [number, number][] = [
    [400, 502],
    [422, 502],
    [429, 503],
    [500, 503],
    [503, 503],
  ]
  for (const [sinkStatus, expected] of answers) {
    sink.behaviour = status(sinkStatus)
    for (const [method, path, body] of [
      ['POST', '/tasks', { title: 'Two' }],
      ['PATCH', `/tasks/${taskId}`, { title: 'Two' }],
      ['POST', `/tasks/${taskId}/complete`, {}],
      ['DELETE', `/tasks/${taskId}`],
    ] as const) {
      const answer = await call(method, path, body)
      t.equal(answer.status, expected, `${method} ${path} while the sink answers ${sinkStatus}`)
      t.match(answer.response.headers.get('content-type'), 'application/problem+json')
      t.match(answer.body.detail, `the sink answered ${sinkStatus}`)
    }
  }
  await sink.close()
  t.match(await call('POST', '/tasks', { title: 'Two' }), {
    status: 503,
    body: { detail: /the sink cannot be reached/ },
  })

  const { tasks } = (await call('GET', '/tasks')).body
  t.equal(tasks.length, 1)
  t.match(tasks[0], { taskId, title: 'One', completedAt: undefined })
})

t.test('todo answers a mistake with a problem', async (t) => {
  const { sink, call } = await started(t)
  const { taskId } = (await call('POST', '/tasks', { title: 'One' })).body
  await call('POST', `/tasks/${taskId}/complete`)
  const talk = (await call('POST', '/conversations', { participants: ['u1'] })).body
  const published = sink.received.length

  const rows: [number, string, string, object?][] = [
    [400, 'POST', '/tasks', {}],
    [400, 'POST', '/tasks', { title: '' }],
    [400, 'POST', '/tasks', { title: 1 }],
    [400, 'POST', '/tasks', { title: 'One', colour: 'red' }],
    [400, 'PATCH', `/tasks/${taskId}`, {}],
    [404, 'PATCH', '/tasks/none', { title: 'x' }],
    [404, 'POST', '/tasks/none/complete', {}],
    [409, 'POST', `/tasks/${taskId}/complete`, {}],
    [404, 'DELETE', '/tasks/none'],
    [404, 'POST', '/conversations/none/messages', { author: 'u1', text: 'x' }],
    [403, 'POST', `/conversations/${talk.conversationId}/messages`, { author: 'u2', text: 'x' }],
    [400, 'POST', '/users', { name: 'x', email: 'nowhere' }],
    [404, 'POST', '/users/none/logins', { method: 'sso' }],
    [400, 'POST', '/system/health', { component: 'db', status: 'fine' }],
    [404, 'GET', '/nowhere'],
  ]
  for (const [expected, method, path, body] of rows) {
    const answer = await call(method, path, body)
    t.equal(answer.status, expected, `${method} ${path} ${JSON.stringify(body)}`)
    t.match(answer.response.headers.get('content-type'), 'application/problem+json')
  }
  t.equal(sink.received.length, published, 'and publishes nothing')
})

t.test('task-analytics counts, in any order, each event once, and replies', async (t) => {
  const { urls } = await started(t)
  const schemas = await openSchemas({ schemasDir: 'schemas', logger })
  t.teardown(() => schemas.close())
  const url = urls['task-analytics']
  const created = (taskId: string) =>
    event('task.created', { taskId, title: 'x', priority: 'high', createdAt: T })
  const completed = (taskId: string, completedAt: string) =>
    event('task.completed', { taskId, createdAt: T, completedAt })

  const c = created('c')
  for (const one of [created('a'), created('b'), c, c]) {
    t.equal((await deliver(url, one)).status, 204)
  }
  await deliver(url, event('task.updated', { taskId: 'a', changes: {}, updatedAt: T }))
  await deliver(url, event('task.deleted', { taskId: 'c', wasCompleted: false, deletedAt: T }))
  const first = completed('a', '2026-03-02T09:15:10.000Z')
  const reply = await deliver(url, first)
  const again = await deliver(url, first)
  const early = await deliver(url, completed('d', '2026-03-02T09:15:30.000Z'))
  await deliver(url, created('d'))

  t.equal(reply.status, 200)
  const milestone = readMessage(reply.rawHeaders, reply.body, LIMITS).events[0] ?? anEvent()
  t.strictSame(schemas.check(milestone, STRICT), [])
  t.match(milestone.attributes.get('type'), 'dev.sluice.task.milestone')
  t.strictSame(JSON.parse(String(milestone.data)), {
    taskId: 'a',
    completed: 1,
    open: 1,
    medianCompletionSeconds: 10,
    reachedAt: '2026-03-02T09:15:10.000Z',
  })
  t.strictSame(again.body, reply.body, 'the same reply to the same event')
  const idOf = ({ rawHeaders }: typeof reply) => rawHeaders[rawHeaders.indexOf('ce-id') + 1]
  t.equal(idOf(again), idOf(reply))
  t.not(idOf(early), idOf(reply))
  t.strictSame(await figures(url), {
    created: 4,
    updated: 1,
    completed: 2,
    deleted: 1,
    open: 1,
    createdByPriority: { low: 0, normal: 0, high: 4 },
    completionSeconds: { p50: 10, p90: 30, p99: 30, max: 30 },
  })
})

t.test('chat-analytics counts conversations and messages', async (t) => {
  const { urls } = await started(t)
  const url = urls['chat-analytics']
  const now = new Date().toISOString()
  const started1 = { conversationId: 'c1', participants: ['u1'], startedAt: T }
  const message = (conversationId: string, author: string, text: string, sentAt: string) =>
    event('message.sent', { messageId: 'm', conversationId, author, text, sentAt })

  await deliver(url, event('conversation.started', started1))
  await deliver(url, event('conversation.started', { ...started1, conversationId: 'c2' }))
  await deliver(url, message('c1', 'u1', 'four', now))
  await deliver(url, message('c1', 'u1', 'four', T))
  await deliver(url, message('c2', 'u2', 'sevenly', T))

  t.strictSame(await figures(url), {
    conversationsStarted: 2,
    conversationsActive: 1,
    messages: 3,
    averageCharacters: 5,
    messagesByConversation: { c1: 2, c2: 1 },
    messagesByAuthor: { u1: 2, u2: 1 },
  })
})

t.test('user-behavior counts users, logins and milestones', async (t) => {
  const { urls } = await started(t)
  const url = urls['user-behavior']
  const registered = { userId: 'u1', name: 'x', email: 'x@example.com', registeredAt: T }
  const login = (userId: string, method: string) =>
    event('user.logged-in', { userId, method, loggedInAt: T })

  await deliver(url, event('user.registered', registered))
  for (const one of [login('u1', 'sso'), login('u1', 'token'), login('u2', 'sso')]) {
    await deliver(url, one)
  }
  await deliver(url, event('task.milestone', { taskId: 'a', completed: 7 }))
  await deliver(url, event('task.milestone', { taskId: 'b', completed: 6 }))

  t.match(await figures(url), {
    registrations: 1,
    logins: 3,
    usersLoggedIn: 2,
    loginsByUser: { u1: 2, u2: 1 },
    loginsByMethod: { password: 0, sso: 2, token: 1 },
    loginsByHourUtc: { 9: 3, 10: 0 },
    milestones: 2,
    tasksCompleted: 7,
  })
})

t.test('system-metrics keeps the latest health and the rate of errors', async (t) => {
  const { urls } = await started(t)
  const url = urls['system-metrics']
  const now = new Date().toISOString()
  const health = (component: string, status: string, checkedAt: string) =>
    event('system.health', { component, status, checkedAt, latencyMs: 2 })
  const error = (severity: string, occurredAt: string) =>
    event('system.error', { component: 'db', severity, message: 'x', occurredAt })

  t.match(await figures(url), { isHealthy: true, components: {} })
  await deliver(url, health('db', 'down', now))
  await deliver(url, health('db', 'healthy', T))
  await deliver(url, health('mail', 'healthy', T))
  for (const one of [error('error', now), error('error', T), error('critical', now)]) {
    await deliver(url, one)
  }

  t.strictSame(await figures(url), {
    isHealthy: false,
    components: {
      db: { status: 'down', latencyMs: 2, checkedAt: now },
      mail: { status: 'healthy', latencyMs: 2, checkedAt: T },
    },
    errors: 3,
    errorsPerMinute: 0.4,
    errorsBySeverity: { warning: 0, error: 2, critical: 1 },
    errorsByComponent: { db: 3 },
  })
})

t.test('a subscriber refuses what it cannot understand, and counts none of it', async (t) => {
  const { urls } = await started(t)
  for (const name of [
    'task-analytics',
    'chat-analytics',
    'user-behavior',
    'system-metrics',
  ] as const) {
    const before = await figures(urls[name])
    const types = {
      'task-analytics': ['task.created', 'task.completed', 'task.deleted', 'task.updated'],
      'chat-analytics': ['conversation.started', 'message.sent'],
      'user-behavior': ['user.registered', 'user.logged-in'],
      'system-metrics': ['system.health', 'system.error'],
    }[name]
    for (const type of types) {
      const sent = event(type, { taskId: 1, conversationId: 'c', userId: 2, component: 'c' })
      t.equal((await deliver(urls[name], sent)).status, 400, type)
      t.equal(
        (await deliver(urls[name], anEvent({ type: `dev.sluice.${type}` }))).status,
        400,
        type,
      )
    }
    const unheardOf = event('of.another.kind', {})
    t.equal((await deliver(urls[name], unheardOf)).status, 204, 'and passes over other types')
    t.strictSame(await figures(urls[name]), before, name)
  }
})

t.test('always-fails fails', async (t) => {
  const { urls } = await started(t)
  t.equal((await deliver(urls['always-fails'], event('sample.failing', {}))).status, 500)
  t.equal((await deliver(urls['always-fails'], anEvent())).status, 500)
  t.strictSame(await figures(urls['always-fails']), { attempts: 2 })
})

t.test('startSamples() names the address that is taken and lets go of the others', async (t) => {
  const { urls } = await started(t)
  const free = new URL(`http://127.0.0.1:${await freePort()}`)
  const taken = { todo: free, 'always-fails': urls['always-fails'] }

  await t.rejects(startSamples({ urls: taken, sink: 'http://127.0.0.1:9', logger }), {
    message: `Cannot start the sample always-fails at ${urls['always-fails'].host}: listen EADDRINUSE: address already in use ${urls['always-fails'].host}`,
  })
  await t.rejects(fetch(free), 'nothing listens there any more')
})

t.test('startSamples() leaves alone what is not on loopback, or not there', async (t) => {
  const urls = { todo: new URL('http://192.0.2.1:80'), other: new URL('http://127.0.0.1:1') }
  const samples = await startSamples({ urls, sink: 'http://127.0.0.1:9', logger })
  await t.resolves(samples.close())
})

const MAINS = { ...process.env, HOST: '127.0.0.1', PORT: '0', NODE_OPTIONS: '' }

async function run(name: Name, env: NodeJS.ProcessEnv, onReady: (child: ChildProcess) => void) {
  const child = spawn(process.execPath, [`services/samples/${name}/main.ts`], { env })
  let output = ''
  const collect = (chunk: Buffer) => {
    const wasReady = output.includes('Server listening')
    output += chunk
    if (!wasReady && output.includes('Server listening')) onReady(child)
  }
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const [code] = await once(child, 'close')
  return { code, output }
}

t.test('each sample runs as a process of its own', async (t) => {
  const env = { ...MAINS, K_SINK: 'http://127.0.0.1:9' }
  const runs = NAMES.map(async (name) => {
    const { code, output } = await run(name, env, (child) => child.kill('SIGTERM'))
    t.equal(code, 0, `${name}: ${output}`)
  })
  const { code, output } = await run('todo', { ...MAINS, K_SINK: '' }, (child) => child.kill())
  await Promise.all(runs)
  t.equal(code, 1)
  t.match(output, 'K_SINK must be the http(s) URL that events are sent to, not ""')
})
