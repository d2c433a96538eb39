import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import t from 'tap'
import { KafkaNode } from '../support/kafka/kafka-node.ts'
import { kafkaOrSkip } from '../support/kafka/kafka-or-skip.ts'
import { sharedKafka, uniqueName } from '../support/kafka/shared-kafka.ts'
import { postEvent } from '../support/post-event.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml } from '../support/trigger-yaml.ts'

const runtime = await kafkaOrSkip(t)

/** Publishes until it is taken; at most 20 seconds. */
async function untilTaken(sluice: SluiceProcess): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    const { status } = await postEvent(sluice.ingressUrl)
    if (status === 202) return
    if (performance.now() > deadline) throw new Error(`still ${status}: ${sluice.output}`)
    await delay(50)
  }
}

t.test('a gateway waits for Kafka, loses it, and has it again, and never ends', async (t) => {
  const kafka = await KafkaNode.prepare(runtime)
  t.teardown(() => kafka.close())
  const env = { PROFILE: 'kafka', KAFKA_BROKERS: kafka.bootstrap }
  const sluice = await SluiceProcess.start({
    role: 'gateway',
    dir: t.testdir(),
    eventing: brokerYaml(),
    env,
  })
  t.teardown(() => sluice.stop())
  const ready = async () => {
    const response = await fetch(`${sluice.ingressUrl}/readyz`)
    return { status: response.status, ...((await response.json()) as object) }
  }

  t.match(sluice.output, /gateway is starting: Kafka does not answer yet/)
  t.match(await ready(), { status: 503, state: 'starting', faults: [] })
  const early = await postEvent(sluice.ingressUrl)
  t.equal(early.status, 503)
  t.ok(early.headers.get('retry-after'))
  t.match(await (await sluice.get('/')).json(), { metrics: '/metrics', health: '/healthz' })

  await kafka.start()
  await sluice.until('/readyz', (body) => body.includes('"ready":true'), 20_000)
  await untilTaken(sluice)

  await kafka.kill()
  const began = performance.now()
  const refused = await postEvent(sluice.ingressUrl)
  t.equal(refused.status, 503)
  t.ok(refused.headers.get('retry-after'))
  t.ok(performance.now() - began < 5000, 'within five seconds')
  t.match(await ready(), { status: 200, state: 'ready', warnings: [/./] })

  await kafka.start()
  await untilTaken(sluice)
  t.equal((await sluice.get('/metrics')).status, 200)
  t.equal(await sluice.stop(), 0)
})

t.test('a gateway whose Kafka never came ends at once', async (t) => {
  const env = { PROFILE: 'kafka', KAFKA_BROKERS: '127.0.0.1:1', GRACE_PERIOD: 'PT1S' }
  const options = { role: 'gateway', dir: t.testdir(), eventing: brokerYaml(), env } as const
  const sluice = await SluiceProcess.start(options)
  const began = performance.now()

  t.equal(await sluice.stop(), 0)

  t.ok(performance.now() - began < 5000)
})

t.test('an event above the limit of a topic that was there before is 413', async (t) => {
  const { servers } = await sharedKafka(t)
  const name = uniqueName('small')
  const admin = new kafkajs.Kafka({ brokers: [...servers], logLevel: 0 }).admin()
  await admin.connect()
  const configEntries = [{ name: 'max.message.bytes', value: '20000' }]
  const topic = `knative-broker-default-${name}`
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] })
  await admin.disconnect()
  const env = { PROFILE: 'kafka', KAFKA_BROKERS: servers.join(',') }
  const eventing = brokerYaml({ name })
  const sluice = await SluiceProcess.start({ role: 'gateway', dir: t.testdir(), eventing, env })
  t.teardown(() => sluice.stop())

  const broker = `default/${name}`
  const large = await postEvent(sluice.ingressUrl, { broker, body: `"${'x'.repeat(30_000)}"` })
  const small = await postEvent(sluice.ingressUrl, { broker })

  t.equal(large.status, 413)
  t.match(await large.json(), { type: '/problems/event-too-large', detail: /20000 at most/ })
  t.equal(small.status, 202)
})
