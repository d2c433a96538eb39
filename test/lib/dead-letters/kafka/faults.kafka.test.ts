import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import { uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { startKafka } from '../../../support/kafka/start-kafka.ts'
import { aDeadLetter } from '../a-dead-letter.ts'
import { startKafkaDeadLetters } from './start-kafka-dead-letters.ts'

const node = await startKafka(t)
const servers = [node.bootstrap]
const HOUR_MS = 3_600_000

const topicOf = (broker: string) => `sluice-dead-letters-${broker.replace('/', '-')}`

t.test('a broker that was killed and came back has what was put, and takes more', async (t) => {
  const broker = `demo/${uniqueName('killed')}`
  const { letters, reader } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  await letters.put(aDeadLetter({ broker, offset: 1 }))
  t.equal(await letters.count(), 1)
  await node.kill()

  const lost = await Promise.allSettled([
    letters.put(aDeadLetter({ broker, offset: 2 })),
    letters.list({ limit: 1 }),
    letters.get('x'),
    reader.count(),
  ])
  await node.start()

  const place = `topic ${topicOf(broker)} on ${node.bootstrap}`
  for (const [at, verb] of ['store a dead letter', 'read', 'read', 'read'].entries()) {
    const message = new RegExp(`^Cannot ${verb} .*${place}(: [A-Z_]+: .| does not answer)`)
    t.match(lost[at], { status: 'rejected', reason: { message } })
  }
  t.equal(await reader.count(), 1)
  await letters.put(aDeadLetter({ broker, offset: 2 }))
  t.equal(await letters.count(), 2)
  t.equal(await reader.count(), 2)
})

t.test('a broker that does not answer holds nobody up beyond the deadline', async (t) => {
  const broker = `demo/${uniqueName('stalled')}`
  const { letters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  await letters.put(aDeadLetter({ broker, offset: 1 }))
  t.equal(await letters.count(), 1)
  await node.pause()
  const began = performance.now()

  const lost = await Promise.allSettled([
    letters.put(aDeadLetter({ broker, offset: 2 })),
    letters.count(),
  ])
  const tookMs = performance.now() - began
  node.resume()

  t.match(lost, [
    { status: 'rejected', reason: { message: /Not acknowledged within 4000 ms/ } },
    {
      status: 'rejected',
      reason: { message: /within 5000 ms: topic .* does not answer; ask again/ },
    },
  ])
  t.ok(tookMs < 8000, `${tookMs} ms`)
  const { letters: listed } = await letters.list({ limit: 10 })
  t.ok(listed.some(({ offset }) => offset === 1))
})

t.test('close() ends a question that waits for Kafka', async (t) => {
  const broker = `demo/${uniqueName('closing')}`
  const { letters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  await letters.put(aDeadLetter({ broker }))
  await node.pause()

  const list = letters.list({ limit: 1 })
  const next = letters.list({ limit: 1 })
  const began = performance.now()
  const [first, second] = await Promise.allSettled([list, next, letters.close()])
  const tookMs = performance.now() - began
  node.resume()

  const closed = { status: 'rejected', reason: { message: 'Cannot read the dead letters: closed' } }
  t.match([first, second], [closed, closed])
  t.ok(tookMs < 1000, `${tookMs} ms`)
})

t.test('compaction takes the replaced letter, and no other', async (t) => {
  const broker = `demo/${uniqueName('compacted')}`
  const topic = topicOf(broker)
  const { letters, clusters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const { cluster } = clusters.of(broker)
  const config = {
    'cleanup.policy': 'compact',
    'segment.ms': String(HOUR_MS),
    'max.compaction.lag.ms': '1',
    'min.cleanable.dirty.ratio': '0.01',
    'delete.retention.ms': '1',
  }
  await cluster.createTopics([{ topic, partitions: 1, replicationFactor: 1, config }])
  const { attributes } = aDeadLetter().event
  const time = 1_735_689_600_000
  await letters.put(aDeadLetter({ broker, offset: 1, time, error: 'first' }))
  await letters.put(
    aDeadLetter({ broker, offset: 2, time, event: { attributes, data: undefined } }),
  )
  await letters.put(aDeadLetter({ broker, offset: 1, time, error: 'second' }))
  // Closes the segment.
  await letters.put(aDeadLetter({ broker, offset: 3, time: time + 2 * HOUR_MS }))

  const [{ leader = -1 } = {}] = await cluster.partitions(topic)
  const from = { topic, partition: 0, offset: 0 }
  const options = { lane: 'test', maxBytes: 1024 * 1024, waitMs: 0 }
  const firstOffset = async () =>
    (await cluster.fetch(leader, [from], options))[0]?.records[0]?.offset
  while ((await firstOffset()) === 0) await delay(50)

  const { reader } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const { letters: listed } = await reader.list({ limit: 10 })
  t.strictSame(
    new Map(listed.map(({ offset, error }) => [offset, error])),
    new Map([
      [3, aDeadLetter().error],
      [2, aDeadLetter().error],
      [1, 'second'],
    ]),
  )
  t.equal(listed.find(({ offset }) => offset === 2)?.dataBytes, undefined)
})

t.test('a projection that takes nothing is an error, until it takes something', async (t) => {
  const broker = `demo/${uniqueName('projection')}`
  const projection = new SqliteDeadLetters(':memory:')
  await projection.close()
  const { letters, reader } = startKafkaDeadLetters(t, { servers, brokers: [broker], projection })
  await letters.put(aDeadLetter({ broker }))

  await t.rejects(letters.count(), /Cannot read .*: Cannot store the dead letters in .*: closed/)

  t.equal(await reader.count(), 1)
})
