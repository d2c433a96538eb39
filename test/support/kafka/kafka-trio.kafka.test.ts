import kafkajs from 'kafkajs'
import t from 'tap'
import { kafkaTool } from './kafka-tool.ts'
import { startKafkaTrio } from './kafka-trio.ts'
import { knownBrokers } from './known-brokers.ts'

const { Kafka, logLevel } = kafkajs
const trio = await startKafkaTrio(t)
const retry = { initialRetryTime: 100, retries: 20, maxRetryTime: 300 }
const kafka = new Kafka({ brokers: [...trio.servers], logLevel: logLevel.NOTHING, retry })
const admin = kafka.admin()
const producer = kafka.producer()
await Promise.all([admin.connect(), producer.connect()])
t.teardown(() => Promise.all([admin.disconnect(), producer.disconnect()]))

t.test('topics have three replicas, of which two must be in sync', async (t) => {
  await admin.createTopics({ topics: [{ topic: 'threefold', numPartitions: 1 }] })

  const described = await kafkaTool('org.apache.kafka.tools.TopicCommand', [
    ...['--bootstrap-server', trio.bootstrap, '--describe', '--topic', 'threefold'],
  ])

  t.match(described, /ReplicationFactor: 3\s+Configs:.*min.insync.replicas=2/)
})

t.test(
  'another one leads when the leader is killed, and what was acknowledged is there',
  async (t) => {
    await send('before')
    const leader = await leaderOf('threefold')

    await trio.node(leader).kill()
    await send('after')

    t.not(await leaderOf('threefold'), leader)
    t.equal((await admin.fetchTopicOffsets('threefold'))[0]?.high, '2')
    await trio.node(leader).start()
    await trio.whole()
  },
)

t.test(
  'without two in sync nothing is acknowledged, and all is well when they return',
  async (t) => {
    const [kept, ...others] = trio.nodes
    await Promise.all(others.map((node) => node.kill()))
    const impatient = new Kafka({
      brokers: [kept?.bootstrap ?? ''],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
    }).producer()
    await impatient.connect()
    await t.rejects(
      impatient.send({
        topic: 'threefold',
        timeout: 500,
        messages: [{ value: 'no', partition: 0 }],
      }),
    )
    await impatient.disconnect()

    await Promise.all(others.map((node) => node.start()))
    await trio.whole()
    await send('again')

    t.same(await Promise.all(trio.nodes.map(({ port }) => knownBrokers(port))), [
      ...[
        [1, 2, 3],
        [1, 2, 3],
        [1, 2, 3],
      ],
    ])
  },
)

async function send(value: string): Promise<void> {
  await producer.send({ topic: 'threefold', messages: [{ value, partition: 0 }] })
}

async function leaderOf(topic: string): Promise<number> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return topics[0]?.partitions[0]?.leader ?? -1
}
