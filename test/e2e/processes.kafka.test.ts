import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { KafkaNode } from '../support/kafka/kafka-node.ts'
import { kafkaOrSkip } from '../support/kafka/kafka-or-skip.ts'
import { sharedKafka, uniqueName } from '../support/kafka/shared-kafka.ts'
import { postEvent } from '../support/post-event.ts'
import { ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const EVENTS = 200

const runtime = await kafkaOrSkip(t)
const { bootstrap } = await sharedKafka(t)

t.test('two gateways and two dispatchers are one Sluice', async (t) => {
  const name = uniqueName('shared')
  const broker = `default/${name}`
  const subscriber = await ScriptedSubscriber.start((response, request) =>
    status(request.headers['ce-type'] === 'bad' ? 400 : 200)(response, request),
  )
  t.teardown(() => subscriber.close())
  const trigger = { name, broker: name, subscriber: `{uri: "${subscriber.url}"}` }
  const options = {
    dir: t.testdir(),
    eventing: `${brokerYaml({ name })}---\n${triggerYaml(trigger)}`,
    env: { PROFILE: 'kafka', KAFKA_BROKERS: bootstrap },
  }
  const start = async (role: 'gateway' | 'dispatcher') => {
    const sluice = await SluiceProcess.start({ ...options, role })
    t.teardown(() => sluice.stop())
    return sluice
  }
  const dispatcher = await start('dispatcher')
  const [second, ...gateways] = await Promise.all([
    start('dispatcher'),
    start('gateway'),
    start('gateway'),
  ])
  const publish = async (from: number, to: number) => {
    for (let i = from; i < to; i++) {
      const url = gateways[i % 2]?.ingressUrl ?? ''
      const attributes = { id: `${i}`, partitionkey: `key-${i}` }
      const { status } = await postEvent(url, { broker, attributes })
      if (status !== 202) throw new Error(`event ${i} was answered ${status}`)
    }
  }

  await publish(0, EVENTS / 2)
  await subscriber.waitFor(EVENTS / 2)
  await second.until('/metrics', (body) => /sluice_deliveries_total\{[^}]*\} [1-9]/.test(body))
  await dispatcher.until('/metrics', (body) => /sluice_deliveries_total\{[^}]*\} [1-9]/.test(body))
  t.equal(await dispatcher.stop(), 0)
  await publish(EVENTS / 2, EVENTS)
  await subscriber.waitFor(EVENTS)
  await delay(500)

  const ids = subscriber.received.map((each) => Number(each.headers['ce-id']))
  t.same(
    ids.toSorted((a, b) => a - b),
    Array.from({ length: EVENTS }, (_, i) => i),
    'each one once',
  )
  for (const gateway of gateways) {
    t.equal((await gateway.get('/readyz')).status, 200)
    t.equal((await gateway.get('/triggers')).status, 404, 'a gateway delivers nothing')
    t.match(await (await gateway.get('/metrics')).text(), /sluice_events_stored_total\{[^}]*\} 100/)
  }
  t.match(await (await second.get('/triggers')).json(), { triggers: [{ lag: 0, open: 0 }] })
})

t.test('a dispatcher waits for Kafka, loses it, and has it again, and never ends', async (t) => {
  const kafka = await KafkaNode.prepare(runtime)
  t.teardown(() => kafka.close())
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const options = {
    dir: t.testdir(),
    eventing: `${brokerYaml()}---\n${triggerYaml({ subscriber: `{uri: "${subscriber.url}"}` })}`,
    env: { PROFILE: 'kafka', KAFKA_BROKERS: kafka.bootstrap, GRACE_PERIOD: 'PT1S' },
  }
  const dispatcher = await SluiceProcess.start({ ...options, role: 'dispatcher' })
  t.teardown(() => dispatcher.stop())
  const ready = async () => {
    const response = await dispatcher.get('/readyz')
    return { status: response.status, ...((await response.json()) as object) }
  }

  t.match(dispatcher.output, /dispatcher is starting: Kafka does not answer yet/)
  t.match(await ready(), { status: 503, state: 'starting', faults: [] })

  await kafka.start()
  await dispatcher.until('/readyz', (body) => body.includes('"ready":true'), 20_000)
  const gateway = await SluiceProcess.start({ ...options, role: 'gateway' })
  t.teardown(() => gateway.stop())
  t.equal((await postEvent(gateway.ingressUrl)).status, 202)
  await subscriber.waitFor(1)

  await kafka.kill()
  await dispatcher.until('/readyz', (body) => body.includes('Kafka') || body.includes('Cannot'))
  t.match(await ready(), { status: 200, state: 'ready', faults: [], warnings: [/./] })
  const began = performance.now()
  t.match(await (await dispatcher.get('/metrics')).text(), /sluice_deliveries_total\{[^}]*\} 1/)
  t.ok(performance.now() - began < 3000, 'metrics do not wait for Kafka')
  t.match(await dispatcher.get('/dead-letters'), { status: 503 })

  await kafka.start()
  await dispatcher.until('/readyz', (body) => body.includes('"warnings":[]'), 20_000)
  await gateway.until('/readyz', (body) => body.includes('"warnings":[]'), 20_000)
  await postEvent(gateway.ingressUrl)
  await subscriber.waitFor(2)
  t.equal(await dispatcher.stop(), 0)
})

t.test('a dispatcher whose Kafka never came ends at once', async (t) => {
  const env = { PROFILE: 'kafka', KAFKA_BROKERS: '127.0.0.1:1', GRACE_PERIOD: 'PT1S' }
  const options = { role: 'dispatcher', dir: t.testdir(), eventing: brokerYaml(), env } as const
  const dispatcher = await SluiceProcess.start(options)
  const began = performance.now()

  t.equal(await dispatcher.stop(), 0)

  t.ok(performance.now() - began < 8000)
})

t.test('gateway and dispatcher by themselves have no embedded storage', async (t) => {
  for (const role of ['gateway', 'dispatcher'] as const) {
    const options = { role, dir: t.testdir(), eventing: brokerYaml() }

    const said = await SluiceProcess.start(options).catch(String)

    t.match(said, /PROFILE is not set: expected kafka, because .* npm start runs/)
    t.notMatch(said, /\n {4}at /)
  }
})
