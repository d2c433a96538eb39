import t, { type Test } from 'tap'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { writeRecordBatch } from '#kafka/records/write-record-batch.ts'
import { type Answer, API, fetched, metadata, scriptedKafka } from './scripted-kafka.ts'

const TOPIC = 'events'
const FETCH = { lane: 'test', maxBytes: 1024 * 1024, waitMs: 0 }

function connect(t: Test, ports: readonly number[]) {
  const servers = ports.map((port) => `127.0.0.1:${port}`)
  const cluster = connectKafka({ servers, clientId: 'test', security: undefined })
  t.teardown(() => cluster.close())
  return cluster
}

t.test('a batch that cannot be read holds up its own partition only', async (t) => {
  const sound = writeRecordBatch([{ key: 'a', value: null, headers: [], timestamp: 0 }])
  const broken = Buffer.from(sound)
  broken[broken.length - 1]! ^= 1
  const answer: Answer = (api) =>
    api === API.fetch ? fetched(TOPIC, [broken, sound]) : metadata([kafka.port], TOPIC, [1, 1])
  const kafka = await scriptedKafka(t, (api, body) =>
    api === API.versions ? undefined : answer(api, body),
  )
  const cluster = connect(t, [kafka.port])
  const from = [0, 1].map((partition) => ({ topic: TOPIC, partition, offset: 0 }))

  await cluster.partitions(TOPIC)
  const results = await cluster.fetch(1, from, FETCH)

  t.equal(results[0]?.error?.code, 'CORRUPT_MESSAGE')
  t.same(
    results[1]?.records.map(({ key }) => String(key)),
    ['a'],
  )
})

t.test('a broker that does not answer does not hold up what others know', async (t) => {
  const silent = await scriptedKafka(t, () => undefined)
  const sound = await scriptedKafka(t, (api) => {
    return api === API.metadata ? metadata([silent.port, sound.port], TOPIC, [2]) : undefined
  })
  const cluster = connect(t, [silent.port, sound.port])

  for (let round = 0; round < 3; round++) {
    const before = performance.now()
    cluster.forget(TOPIC)
    const [first] = await cluster.partitions(TOPIC)

    t.equal(first?.leader, 2)
    t.ok(performance.now() - before < 2000, 'long before a producer is refused')
  }
})

t.test('a broker that is cut off from the others is not believed again and again', async (t) => {
  const ports: number[] = []
  const tells = (leader: number) => (api: number) =>
    api === API.metadata ? metadata(ports, TOPIC, [leader]) : undefined
  const cutOff = await scriptedKafka(t, tells(1))
  const sound = await scriptedKafka(t, tells(2))
  ports.push(cutOff.port, sound.port)
  const cluster = connect(t, ports)

  const leaders = new Set<number | undefined>()
  for (let round = 0; round < 2; round++) {
    cluster.forget(TOPIC)
    for (const { leader } of await cluster.partitions(TOPIC)) leaders.add(leader)
  }

  t.ok(leaders.has(2))
})

t.test('a connection that cannot be opened is closed', async (t) => {
  const broken = await scriptedKafka(t, (api) =>
    api === API.versions ? Buffer.from('nothing of the kind') : undefined,
  )
  const cluster = connect(t, [broken.port])

  await t.rejects(cluster.partitions(TOPIC))
  await new Promise((resolve) => setTimeout(resolve, 50))

  t.equal(broken.sockets.size, 0)
})

t.test('a broker that was replaced at another address is found there', async (t) => {
  const ports = [0]
  const asks = (api: number) => (api === API.metadata ? metadata(ports, TOPIC, [1]) : undefined)
  const gone = await scriptedKafka(t, asks)
  const bootstrap = await scriptedKafka(t, asks)
  const replaced = await scriptedKafka(t, (api) =>
    api === API.fetch ? fetched(TOPIC, [Buffer.alloc(0)]) : asks(api),
  )
  const cluster = connect(t, [bootstrap.port])
  ports[0] = gone.port
  await cluster.partitions(TOPIC)
  gone.close()
  ports[0] = replaced.port
  const from = [{ topic: TOPIC, partition: 0, offset: 0 }]

  await t.rejects(cluster.fetch(1, from, FETCH), { code: 'CONNECTION' })
  const [result] = await cluster.fetch(1, from, FETCH)

  t.equal(result?.error, undefined)
})
