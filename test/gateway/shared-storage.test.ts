import t from 'tap'
import { Problem } from '#problems/problem.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aBroker, BATCH, ControlledLogs, structured, TestGateway, until } from './harness.ts'

type Tap = { teardown(handler: () => unknown): void }

const AWAY = new Problem('log-unavailable', 'Kafka does not answer', { retryAfterSeconds: 5 })

/** A gateway on storage that is away for these Brokers. */
async function started(t: Tap, { away = new Set<string>() } = {}) {
  const clock = new FakeClock(Date.now())
  const logs = new ControlledLogs(clock)
  logs.beforeOpen = (broker) => {
    if (away.has(broker)) throw AWAY
  }
  const brokers = [aBroker(), aBroker({ key: 'default/second' })]
  const gateway = await new TestGateway({ storage: 'shared', brokers, logs, clock }).start()
  t.teardown(() => {
    const stopped = gateway.stop()
    clock.advance(1000)
    return stopped
  })
  const ready = async () => {
    const { status, body } = await gateway.send('GET', '/readyz')
    return { status, ...JSON.parse(body) }
  }
  return { clock, logs, gateway, ready }
}

t.test(
  'shared storage that is away keeps it starting, until all logs were open once',
  async (t) => {
    const away = new Set(['default/default', 'default/second'])
    const { clock, gateway, ready } = await started(t, { away })

    t.match(await ready(), {
      status: 503,
      state: 'starting',
      faults: [],
      warnings: ['Kafka does not answer'],
    })
    t.match(await gateway.publish(), { status: 503, headers: { 'retry-after': '5' } })

    away.delete('default/default')
    clock.advance(1000)
    await until(async () => (await gateway.publish()).status === 202)
    t.match(await ready(), { status: 503, state: 'starting' }, 'the other one has to come too')

    away.delete('default/second')
    clock.advance(1000)
    await until(async () => (await ready()).status === 200)
    t.match(await ready(), { state: 'ready', warnings: [] })
  },
)

t.test('shared storage that is lost later is a warning, and the ingress says it', async (t) => {
  const { gateway, ready } = await started(t)
  gateway.logs.fault = 'Kafka does not answer'
  gateway.logs.refusal = AWAY

  t.match(await ready(), { status: 200, state: 'ready', faults: [], warnings: [/^Kafka/] })
  t.match(await gateway.publish(), { status: 503, headers: { 'retry-after': '5' } })
})

t.test(
  'a Broker that comes later, and cannot be opened, leaves a ready gateway ready',
  async (t) => {
    const away = new Set<string>()
    const { gateway, ready } = await started(t, { away })

    away.add('default/third')
    gateway.change([aBroker(), aBroker({ key: 'default/third' })])
    await until(async () => (await ready()).warnings.length === 1)

    t.match(await ready(), { status: 200, state: 'ready', warnings: ['Kafka does not answer'] })
  },
)

t.test(
  'a Broker that has moved to a Kafka that is away says so, until that is there',
  async (t) => {
    const away = new Set<string>()
    const { clock, gateway, ready } = await started(t, { away })
    const { kafka } = aBroker()

    away.add('default/default')
    gateway.change([aBroker({ kafka: { ...kafka, bootstrapServers: ['elsewhere:9092'] } })])
    await until(async () => (await ready()).warnings.length === 1)
    t.match(await ready(), { status: 200, warnings: ['Kafka does not answer'] })

    away.clear()
    clock.advance(1000)
    await until(async () => (await ready()).warnings.length === 0)
    t.equal((await gateway.publish()).status, 202)
  },
)

t.test('a Broker that is not Ready does not keep it from being ready', async (t) => {
  const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
  const brokers = [aBroker(), aBroker({ key: 'default/broken', readiness })]
  const gateway = await new TestGateway({ storage: 'shared', brokers }).start()
  t.teardown(() => gateway.stop())

  t.equal((await gateway.send('GET', '/readyz')).status, 200)
})

t.test('start() does not wait for ever for storage that does not answer', async (t) => {
  const clock = new FakeClock(Date.now())
  const logs = new ControlledLogs(clock)
  const gate = Promise.withResolvers<void>()
  logs.beforeOpen = () => gate.promise
  const gateway = new TestGateway({ storage: 'shared', logs, clock })
  const starting = gateway.start()
  t.teardown(async () => {
    const stopped = gateway.stop()
    clock.advance(1000)
    await stopped
  })
  await until(() => clock.pending > 0)

  clock.advance(8000)
  await starting

  t.match(JSON.parse((await gateway.send('GET', '/readyz')).body), { state: 'starting' })
  t.match(await gateway.publish(), { status: 503, problem: { type: '/problems/not-ready' } })
  gate.resolve()
  await until(async () => (await gateway.send('GET', '/readyz')).status === 200)
})

t.test(
  'dedup begins empty on shared storage: another replica may have taken the rest',
  async (t) => {
    const logs = new ControlledLogs()
    const first = await new TestGateway({ storage: 'shared', logs }).start()
    await first.publish({ id: 'a' })
    t.equal((await first.publish({ id: 'a' })).headers['sluice-duplicate'], 'true')
    await first.gateway.stop(100)
    logs.beforeRead = () => void t.fail('nothing is read back')

    const second = await new TestGateway({ storage: 'shared', logs }).start()
    t.teardown(() => second.stop())

    t.equal((await second.publish({ id: 'a' })).headers['sluice-duplicate'], undefined)
  },
)

t.test('what the log finds too large is 413, and is not remembered as stored', async (t) => {
  const { gateway, logs } = await started(t)
  logs.beforeAppend = () => {
    throw new Problem('event-too-large', 'Cannot store the event: the topic takes 9 bytes')
  }

  const alone = await gateway.publish({ id: 'large' })
  const batch = await gateway.send('POST', '/default/default', BATCH, `[${structured()}]`)
  logs.beforeAppend = () => {}
  const again = await gateway.publish({ id: 'large' })

  for (const { status, headers, problem } of [alone, batch]) {
    t.equal(status, 413)
    t.equal(headers['content-type'], 'application/problem+json')
    t.match(problem, { type: '/problems/event-too-large', detail: /topic takes 9 bytes/ })
  }
  t.equal(again.status, 202)
  t.equal(again.headers['sluice-duplicate'], undefined)
})

t.test('one of several that stops breaks no request that is still sent to it', async (t) => {
  const { clock, gateway, ready } = await started(t)

  const stopped = gateway.gateway.stop(5000)
  const during = await gateway.publish()

  t.match(await ready(), { status: 503, state: 'stopping' })
  t.match(during, { status: 202, headers: { connection: 'close' } })
  clock.advance(500)
  await stopped
  await t.rejects(gateway.publish(), 'then it takes no more')
})
