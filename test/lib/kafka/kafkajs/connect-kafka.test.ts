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
