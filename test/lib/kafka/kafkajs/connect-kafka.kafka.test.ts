import { createServer } from 'node:net'
import t from 'tap'
import type { FetchPosition } from '#kafka/kafka-cluster.ts'
import type { KafkaError } from '#kafka/kafka-error.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import type { NewKafkaRecord } from '#kafka/records/kafka-record.ts'
import { retryKafka } from '#kafka/retry-kafka.ts'
import { sharedKafka } from '../../../support/kafka/shared-kafka.ts'
import { uniqueName } from '../../../support/kafka/unique-name.ts'

const { servers } = await sharedKafka(t)
const cluster = connectKafka({ servers, clientId: 'test', security: undefined })
t.teardown(() => cluster.close())

const FETCH = { lane: 'test', maxBytes: 1024 * 1024, waitMs: 0 }

function record(key: string): NewKafkaRecord {
  return { key, value: Buffer.from(`value of ${key}`), headers: [['a', 'ü']], timestamp: 1000 }
}

async function newTopic(partitions = 2, config: Readonly<Record<string, string>> = {}) {
  const topic = uniqueName('topic')
  const spec = {
    topic,
    partitions,
    replicationFactor: undefined,
    config: { 'retention.ms': '-1', ...config },
  }
  await cluster.createTopics([spec])
  return topic
}

async function leaderOf(topic: string): Promise<number> {
  const [first] = await cluster.partitions(topic)
  return first!.leader!
}

const codeOf = (error: unknown) => (error as KafkaError).code

t.test('createTopics() creates once, with the settings asked for', async (t) => {
  const topic = uniqueName('created')
  const spec = {
    topic,
    partitions: 5,
    replicationFactor: undefined,
    config: { 'max.message.bytes': '123456' },
  }

  t.same(await cluster.createTopics([spec]), [topic])
  t.same(await cluster.createTopics([{ ...spec, partitions: 9 }]), [], 'it was there')

  t.equal((await cluster.partitions(topic)).length, 5)
  t.equal((await cluster.topicConfig(topic)).get('max.message.bytes'), '123456')
  const wrong = { ...spec, topic: uniqueName('wrong'), config: { 'no.such.setting': '1' } }
  t.equal(await cluster.createTopics([wrong]).catch(codeOf), 'INVALID_CONFIG')
})

t.test('a topic that does not exist is not created by asking', async (t) => {
  const topic = uniqueName('absent')

  t.equal(await cluster.partitions(topic).catch(codeOf), 'UNKNOWN_TOPIC_OR_PARTITION')
  t.equal(await cluster.partitions(topic).catch(codeOf), 'UNKNOWN_TOPIC_OR_PARTITION')
})

t.test('what is produced is fetched, partition by partition', async (t) => {
  const topic = await newTopic()
  const leader = await leaderOf(topic)

  const results = await cluster.produce(
    leader,
    [
      { topic, partition: 0, records: [record('a'), record('b')] },
      { topic, partition: 1, records: [record('c')] },
    ],
    5000,
  )
  const fetched = await cluster.fetch(
    leader,
    [1, 0].map((partition) => ({ topic, partition, offset: 0 })),
    FETCH,
  )

  t.same(results, [{ baseOffset: 0 }, { baseOffset: 0 }])
  t.same(
    fetched.map(({ partition, records }) => [partition, records.map(({ key }) => String(key))]),
    [
      [1, ['c']],
      [0, ['a', 'b']],
    ],
  )
  t.same(
    fetched.map(({ next, start, end }) => ({ next, start, end })),
    [
      { next: 1, start: 0, end: 1 },
      { next: 2, start: 0, end: 2 },
    ],
  )
  t.equal(fetched[0]?.records[0]?.timestamp, 1000)
  t.same(
    fetched[0]?.records[0]?.headers.map(([name, value]) => [name, String(value)]),
    [['a', 'ü']],
  )
})

t.test('one partition of a request fails alone', async (t) => {
  const topic = await newTopic()
  const leader = await leaderOf(topic)
  await cluster.produce(leader, [{ topic, partition: 0, records: [record('a')] }], 5000)

  const produced = await cluster.produce(
    leader,
    [
      { topic, partition: 1, records: [record('b')] },
      { topic, partition: 7, records: [record('c')] },
    ],
    5000,
  )
  const from: FetchPosition[] = [
    { topic, partition: 0, offset: 0 },
    { topic, partition: 1, offset: 99 },
    { topic, partition: 7, offset: 0 },
  ]
  const fetched = await cluster.fetch(leader, from, FETCH)

  t.same(
    produced.map((result) => ('error' in result ? result.error.code : result.baseOffset)),
    [0, 'UNKNOWN_TOPIC_OR_PARTITION'],
  )
  t.same(
    fetched.map(({ records, error }) => error?.code ?? records.length),
    [1, 'OFFSET_OUT_OF_RANGE', 'UNKNOWN_TOPIC_OR_PARTITION'],
  )
})

t.test('a fetch waits for the first record', async (t) => {
  const topic = await newTopic(1)
  const leader = await leaderOf(topic)
  const waiting = cluster.fetch(leader, [{ topic, partition: 0, offset: 0 }], {
    ...FETCH,
    waitMs: 10_000,
  })

  await cluster.produce(leader, [{ topic, partition: 0, records: [record('late')] }], 5000)

  t.equal(String((await waiting)[0]?.records[0]?.key), 'late')
})

t.test('cut() ends what waits in a lane, and the lane can be used again', async (t) => {
  const topic = await newTopic(1)
  const leader = await leaderOf(topic)
  const from = [{ topic, partition: 0, offset: 0 }]
  const waiting = cluster
    .fetch(leader, from, { lane: 'cut', maxBytes: 1, waitMs: 10_000 })
    .catch(codeOf)
  await new Promise((resolve) => setTimeout(resolve, 50))

  cluster.cut('cut')

  t.equal(await waiting, 'CONNECTION')
  t.equal((await cluster.fetch(leader, from, { ...FETCH, lane: 'cut' }))[0]?.error, undefined)
})

t.test('listOffsets() finds the start, the end, and a time', async (t) => {
  const topic = await newTopic(1)
  const leader = await leaderOf(topic)
  const records = [1000, 2000, 3000].map((timestamp) => ({ ...record('x'), timestamp }))
  for (const each of records) {
    await cluster.produce(leader, [{ topic, partition: 0, records: [each] }], 5000)
  }
  const at = async (when: 'earliest' | 'latest' | number) =>
    (await cluster.listOffsets(topic, [0], when)).get(0)

  t.same(
    [
      await at('earliest'),
      await at('latest'),
      await at(0),
      await at(2000),
      await at(2001),
      await at(9000),
    ],
    [0, 3, 0, 1, 2, 3],
  )
})

t.test(
  'offsets are committed for a group without members, and refused while it has one',
  async (t) => {
    const topic = await newTopic(3)
    const name = uniqueName('group')
    await retryKafka(10_000, () =>
      cluster.commitOffsets(
        name,
        topic,
        new Map([
          [0, 5],
          [2, 7],
        ]),
      ),
    )

    t.same([...(await cluster.committedOffsets(name, topic, [0, 1, 2]))].toSorted(), [
      [0, 5],
      [2, 7],
    ])
    const group = cluster.group(name)
    const joined = await group.join({
      memberId: '',
      sessionTimeoutMs: 6000,
      rebalanceTimeoutMs: 5000,
      protocol: 'p',
      metadata: Buffer.from('m'),
    })
    const { memberId, generation } = joined
    const assignment = await group.sync({
      memberId,
      generation,
      assignments: new Map([[memberId, Buffer.from('all')]]),
    })
    t.equal(String(assignment), 'all')
    t.equal(
      await cluster.commitOffsets(name, topic, new Map([[0, 6]])).catch(codeOf),
      'UNKNOWN_MEMBER_ID',
    )
    await group.heartbeat({ memberId, generation })
    await group.leave(memberId)
    t.equal(await group.heartbeat({ memberId, generation }).catch(codeOf), 'UNKNOWN_MEMBER_ID')
    await group.close()
  },
)

t.test('a server that is not there, or does not answer, is an error in time', async (t) => {
  const mute = createServer(() => undefined)
  await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve))
  const { port } = mute.address() as { port: number }
  for (const [server, code] of [
    ['127.0.0.1:1', 'CONNECTION'],
    [`127.0.0.1:${port}`, 'REQUEST_TIMED_OUT'],
  ] as const) {
    const lost = connectKafka({ servers: [server], clientId: 'test', security: undefined })
    const started = performance.now()

    t.equal(await lost.partitions('x').catch(codeOf), code, server)

    t.ok(performance.now() - started < 9000)
    await lost.close()
  }
  mute.close()
})

t.test('of several servers, those that are not there are passed over', async (t) => {
  const some = connectKafka({
    servers: ['127.0.0.1:1', ...servers],
    clientId: 'test',
    security: undefined,
  })
  t.ok((await some.brokerCount()) > 0)
  t.ok((await some.brokerCount()) > 0)
  await some.close()
  t.equal(await some.brokerCount().catch(codeOf), 1, 'what is known stays known')
  t.equal(await some.partitions('x').catch(codeOf), 'CLOSED')
})

t.test('a server must be host:port', async (t) => {
  for (const server of ['', 'host', 'host:', ':1', 'a:b:c', 'host:x']) {
    t.throws(
      () => connectKafka({ servers: [server], clientId: 'test', security: undefined }),
      TypeError,
      server,
    )
  }
  const ipv6 = connectKafka({ servers: ['[::1]:1'], clientId: 'test', security: undefined })
  t.equal(await ipv6.partitions('x').catch(codeOf), 'CONNECTION')
  await ipv6.close()
})
