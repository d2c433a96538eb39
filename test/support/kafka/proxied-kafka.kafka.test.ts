import kafkajs from 'kafkajs'
import t, { type Test } from 'tap'
import { TcpProxy } from '../tcp-proxy.ts'
import { uniqueName } from './shared-kafka.ts'
import { startKafka } from './start-kafka.ts'

const PRODUCE = 0
const proxy = await TcpProxy.start()
t.teardown(() => proxy.close())
const node = await startKafka(t, { advertised: proxy.address })
proxy.target = node.port

for (const [fate, stored] of [
  ['cut-before', 0],
  ['cut-within', 0],
  ['cut-after', 1],
] as const) {
  t.test(`${fate} a Produce request: an error, and ${stored} stored`, async (t) => {
    const { send, end } = await start(t)
    const cut = proxy.next(PRODUCE, fate)

    await t.rejects(send())

    t.equal((await cut).apiKey, PRODUCE)
    t.equal(await end(), stored)
    await send()
    t.equal(await end(), stored + 1)
  })
}

t.test('a send waits while the proxy stalls, and goes on with it', async (t) => {
  const { send, end } = await start(t)
  proxy.stall()
  let isDone = false
  const sent = send().then(() => {
    isDone = true
  })
  await new Promise((resolve) => setTimeout(resolve, 200))
  t.notOk(isDone)

  proxy.goOn()
  await sent

  t.equal(await end(), 1)
})

async function start(t: Test) {
  const topic = uniqueName('proxied')
  const kafka = new kafkajs.Kafka({
    brokers: [node.bootstrap],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  const producer = kafka.producer()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: true })
  await producer.connect()
  t.teardown(() => Promise.all([admin.disconnect(), producer.disconnect()]))
  return {
    send: () => producer.send({ topic, messages: [{ value: 'a', partition: 0 }] }),
    end: async () => Number((await admin.fetchTopicOffsets(topic))[0]?.high),
  }
}
