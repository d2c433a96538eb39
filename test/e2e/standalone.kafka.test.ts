import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { anEvent } from '../support/an-event.ts'
import { KafkaNode } from '../support/kafka/kafka-node.ts'
import { kafkaOrSkip } from '../support/kafka/kafka-or-skip.ts'
import { sharedKafka, uniqueName } from '../support/kafka/shared-kafka.ts'
import { postEvent } from '../support/post-event.ts'
import { reply, ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const runtime = await kafkaOrSkip(t)
const { bootstrap } = await sharedKafka(t)
const LINEAR = '  delivery: { retry: 2, backoffPolicy: linear, backoffDelay: PT0.05S }'

async function start(t: Test, eventing: string, env: Readonly<Record<string, string>>) {
  const all = { PROFILE: 'kafka', ...env }
  const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing, env: all })
  t.teardown(() => sluice.stop())
  return sluice
}

t.test(
  'npm start on Kafka: delivered, replied to, retried, dead-lettered, restarted',
  async (t) => {
    const name = uniqueName('whole')
    const broker = `default/${name}`
    let failures = 0
    const subscriber = await ScriptedSubscriber.start((response, request) => {
      const type = request.headers['ce-type']
      if (type === 'ask')
        return reply(anEvent({ id: 'answer', type: 'answered' }))(response, request)
      if (type === 'flaky' && failures++ < 2) return status(503)(response, request)
      status(type === 'bad' ? 500 : 200)(response, request)
    })
    t.teardown(() => subscriber.close())
    const trigger = { name, broker: name, subscriber: `{uri: "${subscriber.url}"}`, spec: LINEAR }
    const eventing = `${brokerYaml({ name })}---\n${triggerYaml(trigger)}`
    const env = { KAFKA_BROKERS: bootstrap }
    const first = await start(t, eventing, env)
    t.match(first.output, /Sluice is ready\. Events are kept in Kafka\./)
    t.match(first.output, new RegExp(`Ready, topic knative-broker-default-${name} at ${bootstrap}`))
    t.equal((await first.get('/readyz')).status, 200)

    const data = Buffer.from('{"big": 9007199254740993, "__proto__": {}}')
    const plain = await postEvent(first.ingressUrl, { broker, body: data })
    t.equal(plain.status, 202)
    t.same((await subscriber.waitFor(1))[0]?.body, data)
    await postEvent(first.ingressUrl, { broker, attributes: { type: 'ask' } })
    t.equal((await subscriber.waitFor(3))[2]?.headers['ce-type'], 'answered')
    await postEvent(first.ingressUrl, { broker, attributes: { type: 'flaky' } })
    await subscriber.waitFor(6)
    await postEvent(first.ingressUrl, { broker, attributes: { type: 'bad', id: 'bad' } })
    await first.until('/dead-letters', (body) => body.includes('"bad"'))
    t.equal(await first.stop(), 0)

    const before = subscriber.received.length
    const second = await start(t, eventing, env)
    await postEvent(second.ingressUrl, { broker, attributes: { id: 'after' } })
    const received = await subscriber.waitFor(before + 1)
    t.equal(received[before]?.headers['ce-id'], 'after', 'nothing is repeated')
    const page = (await (await second.get('/dead-letters')).json()) as {
      deadLetters: { id: string; event: { id: string } }[]
    }
    const kept = page.deadLetters.find((letter) => letter.event.id === 'bad')
    const letter = await (await second.get(`/dead-letters/${kept?.id}`)).json()
    t.match(letter, {
      trigger: `default/${name}`,
      attempts: [{}, {}, {}],
      event: { data: { a: 1 } },
    })
  },
)

t.test('a Broker that comes while it runs has its topic at once', async (t) => {
  const [one, two] = [uniqueName('one'), uniqueName('two')]
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const sluice = await start(t, brokerYaml({ name: one }), { KAFKA_BROKERS: bootstrap })

  const trigger = triggerYaml({ broker: two, subscriber: `{uri: "${subscriber.url}"}` })
  await sluice.writeEventing(`${brokerYaml({ name: two })}---\n${trigger}`)
  await sluice.until('/triggers', (body) => body.includes(two) && body.includes('"attached"'))
  const broker = `default/${two}`
  while ((await postEvent(sluice.ingressUrl, { broker })).status !== 202) await delay(50)

  await subscriber.waitFor(1)
  t.equal((await postEvent(sluice.ingressUrl, { broker: `default/${one}` })).status, 404)
})

t.test('without KAFKA_BROKERS and bootstrap.servers it says what to set', async (t) => {
  const trigger = triggerYaml({ name: 'a' })
  const sluice = await start(t, `${brokerYaml()}---\n${trigger}`, {})

  t.match(sluice.output, /Broker +default\/default +not Ready: NoBootstrapServers: .*KAFKA_BROKERS/)
  t.match(sluice.output, /Trigger +default\/a +not Ready: BrokerNotReady/)
  const refused = await postEvent(sluice.ingressUrl)
  t.equal(refused.status, 503)
  t.match(await refused.json(), { type: '/problems/not-ready', detail: /KAFKA_BROKERS/ })
})

t.test('Kafka that comes after npm start: it goes on by itself, and misses nothing', async (t) => {
  const kafka = await KafkaNode.prepare(runtime)
  t.teardown(() => kafka.close())
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const trigger = triggerYaml({ subscriber: `{uri: "${subscriber.url}"}` })
  const eventing = `${brokerYaml()}---\n${trigger}`
  const sluice = await start(t, eventing, { KAFKA_BROKERS: kafka.bootstrap })

  t.match(sluice.output, /Sluice is starting: Kafka does not answer yet/)
  const starting = await sluice.get('/readyz')
  t.match(
    { status: starting.status, ...((await starting.json()) as object) },
    {
      status: 503,
      state: 'starting',
      faults: [],
    },
  )
  t.equal((await postEvent(sluice.ingressUrl)).status, 503)

  await kafka.start()
  await sluice.until('/readyz', (body) => body.includes('"ready":true'), 30_000)
  t.equal((await postEvent(sluice.ingressUrl)).status, 202)
  await subscriber.waitFor(1)
})

t.test('SIGTERM while Kafka does not answer ends npm start with 0', async (t) => {
  const kafka = await KafkaNode.start(runtime)
  t.teardown(() => kafka.close())
  const name = uniqueName('stalled')
  const trigger = { name, broker: name, subscriber: '{uri: "http://127.0.0.1:9"}' }
  const sluice = await start(t, `${brokerYaml({ name })}---\n${triggerYaml(trigger)}`, {
    KAFKA_BROKERS: kafka.bootstrap,
    GRACE_PERIOD: 'PT0.5S',
  })

  await kafka.pause()
  await delay(500)

  t.equal(await sluice.stop(), 0)
})
