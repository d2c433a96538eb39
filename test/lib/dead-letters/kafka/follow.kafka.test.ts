import t from 'tap'
import type { DeadLetterReader } from '#dead-letters/dead-letters.ts'
import { readRecord } from '#log/kafka/read-record.ts'
import { kafkaTool } from '../../../support/kafka/kafka-tool.ts'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { aDeadLetter } from '../a-dead-letter.ts'
import { startKafkaDeadLetters } from './start-kafka-dead-letters.ts'

const { servers, bootstrap } = await sharedKafka(t)
const MIB = 1024 * 1024

const topicOf = (broker: string) => `sluice-dead-letters-${broker.replace('/', '-')}`

async function allOf(reader: DeadLetterReader) {
  const letters = []
  let after: string | undefined
  do {
    const page = await reader.list({ limit: 1000, ...(after === undefined ? {} : { after }) })
    letters.push(...page.letters)
    after = page.next
  } while (after !== undefined)
  return letters
}

t.test(
  'a reader in another process sees each letter from the moment its put resolved',
  async (t) => {
    const broker = `demo/${uniqueName('seen')}`
    const writer = startKafkaDeadLetters(t, { servers, brokers: [broker] })
    const other = startKafkaDeadLetters(t, { servers, brokers: [broker] })
    t.equal(await other.reader.count(), 0)

    for (let offset = 0; offset < 50; offset++) {
      await writer.letters.put(aDeadLetter({ broker, offset, time: offset }))

      const [{ letters }, count] = await Promise.all([
        other.reader.list({ limit: 1 }),
        other.letters.count(),
      ])
      t.equal(letters[0]?.offset, offset)
      t.equal(count, offset + 1)
    }
  },
)

t.test('10,000 letters of two processes, for a third, in pages', async (t) => {
  const broker = `demo/${uniqueName('many')}`
  const writers = [0, 1].map(() => startKafkaDeadLetters(t, { servers, brokers: [broker] }))
  const { reader } = startKafkaDeadLetters(t, { servers, brokers: [broker] })

  const puts = Array.from({ length: 10_000 }, (_, offset) =>
    writers[offset % 2]!.letters.put(aDeadLetter({ broker, offset, time: offset })),
  )
  await Promise.all(puts)

  const listed = await allOf(reader)
  t.strictSame(
    listed.map(({ offset }) => offset),
    Array.from({ length: 10_000 }, (_, at) => 9999 - at),
  )
  t.equal(await reader.count(), 10_000)
})

t.test('the next of a page goes on in another process', async (t) => {
  const broker = `demo/${uniqueName('page')}`
  const one = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const other = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  await Promise.all(
    [1, 2, 3, 4].map((time) => one.letters.put(aDeadLetter({ broker, offset: time, time }))),
  )
  const first = await one.letters.list({ limit: 2 })

  const second = await other.reader.list({ limit: 2, after: first.next ?? '' })

  t.strictSame(
    second.letters.map(({ time }) => time),
    [2, 1],
  )
})

t.test('an event of the largest size that is taken fits, with 32 attempts', async (t) => {
  const broker = `demo/${uniqueName('large')}`
  const { letters, reader, clusters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const { attributes } = aDeadLetter().event
  const data = Buffer.alloc(MIB, 'x')
  const attempt = { phase: 'deliver', time: 1, durationMs: 1, error: 'x'.repeat(1000) } as const

  await letters.put(
    aDeadLetter({ broker, event: { attributes, data }, attempts: Array(32).fill(attempt) }),
  )

  const [summary] = (await reader.list({ limit: 1 })).letters
  const stored = await reader.get(summary?.id ?? '')
  t.equal(summary?.dataBytes, MIB)
  t.ok(stored?.event.data && data.equals(stored.event.data))
  t.equal(stored?.attempts.length, 32)
  const config = await clusters.of(broker).cluster.topicConfig(topicOf(broker))
  t.equal(config.get('cleanup.policy'), 'compact')
  t.ok(Number(config.get('max.message.bytes')) >= MIB + 128 * 1024)
  t.ok(Number(config.get('segment.bytes')) >= Number(config.get('max.message.bytes')))
})

t.test('what is too large for the topic says what to do', async (t) => {
  const broker = `demo/${uniqueName('small')}`
  const { letters } = startKafkaDeadLetters(t, { servers, brokers: [broker], maxEventBytes: 1 })
  const { attributes } = aDeadLetter().event
  const event = { attributes, data: Buffer.alloc(300 * 1024) }

  await t.rejects(letters.put(aDeadLetter({ broker, event })), {
    message: new RegExp(
      `Cannot store a dead letter of ${broker} in topic ${topicOf(broker)} on .*: MESSAGE_TOO_LARGE: .*; raise max.message.bytes of the topic`,
    ),
  })

  await letters.put(aDeadLetter({ broker }))
  t.equal(await letters.count(), 1)
})

t.test("the topic takes what the Broker's own topic takes, and has its replication", async (t) => {
  const broker = `demo/${uniqueName('limit')}`
  const externalTopic = uniqueName('external')
  const settings = { externalTopic, topicConfig: { 'min.insync.replicas': '1' } }
  const setup = { servers, brokers: [broker], maxEventBytes: 1, settings }
  const { letters, clusters } = startKafkaDeadLetters(t, setup)
  const { cluster } = clusters.of(broker)
  const config = { 'max.message.bytes': String(3 * MIB) }
  await cluster.createTopics([
    { topic: externalTopic, partitions: 1, replicationFactor: 1, config },
  ])
  const { attributes } = aDeadLetter().event

  await letters.put(aDeadLetter({ broker, event: { attributes, data: Buffer.alloc(2.9 * MIB) } }))

  t.equal(await letters.count(), 1)
  const made = await cluster.topicConfig(topicOf(broker))
  t.equal(made.get('min.insync.replicas'), '1')
})

t.test('an ordinary reader of events reads them', async (t) => {
  const broker = `demo/${uniqueName('plain')}`
  const { letters, clusters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const letter = aDeadLetter({ broker })
  await letters.put(letter)
  const { cluster } = clusters.of(broker)
  const topic = topicOf(broker)
  const [{ leader = -1 } = {}] = await cluster.partitions(topic)

  const options = { lane: 'test', maxBytes: MIB, waitMs: 0 }
  const [answer] = await cluster.fetch(leader, [{ topic, partition: 0, offset: 0 }], options)

  const record = answer?.records[0]
  const read = record && readRecord(record, 0)
  t.match(read, { event: { attributes: letter.event.attributes } })
  const headers = new Map(record?.headers.map(([name, value]) => [name, String(value)]))
  t.equal(headers.get('ce_id'), '1')
  t.equal(headers.get('content-type'), 'application/json')
  t.match(JSON.parse(headers.get('sluice-dead-letter') ?? ''), {
    trigger: letter.trigger,
    error: letter.error,
    attempts: letter.attempts,
  })
  t.equal(String(record?.value), '{"n":1}')
  t.equal(String(record?.key), (await letters.list({ limit: 1 })).letters[0]?.id)
})

t.test('what is no dead letter is skipped, and said once', async (t) => {
  const broker = `demo/${uniqueName('garbage')}`
  const { letters, reader, clusters, lines } = startKafkaDeadLetters(t, {
    servers,
    brokers: [broker],
  })
  await letters.put(aDeadLetter({ broker, offset: 1 }))
  const { producer } = clusters.of(broker)
  const bytes = Buffer.from('garbage')
  const garbage = [
    { value: null, headers: [] },
    { value: bytes, headers: [] },
    { value: bytes, headers: [['sluice-dead-letter', '{']] },
    { value: bytes, headers: [['sluice-dead-letter', null]] },
    { value: bytes, headers: [['sluice-dead-letter', '{"broker":"a/b"}']] },
  ] as const
  for (const record of garbage) {
    await producer.send(topicOf(broker), 0, [{ ...record, key: 'x', timestamp: Date.now() }])
  }
  await letters.put(aDeadLetter({ broker, offset: 2 }))

  t.equal(await reader.count(), 2)
  await producer.send(topicOf(broker), 0, [
    { key: 'x', value: null, headers: [], timestamp: Date.now() },
  ])
  t.equal(await reader.count(), 2)

  const said = lines.filter(({ msg }) => String(msg).includes('no dead letter'))
  t.match(said, [{ topic: topicOf(broker), offset: 1, reason: 'it has no value' }])
  t.equal(said.length, 1)
})

t.test('Brokers that come are followed, and the letters of those that went stay', async (t) => {
  const [first, second] = [`demo/${uniqueName('first')}`, `demo/${uniqueName('second')}`]
  const { letters, apply } = startKafkaDeadLetters(t, { servers, brokers: [first] })
  await letters.put(aDeadLetter({ broker: first }))
  await t.rejects(letters.put(aDeadLetter({ broker: second })), /there is no such Broker/)
  t.equal(await letters.count(), 1)

  apply([second])
  await letters.put(aDeadLetter({ broker: second }))

  const { letters: listed } = await letters.list({ limit: 10 })
  t.strictSame(new Set(listed.map(({ broker }) => broker)), new Set([first, second]))
})

t.test('a Broker of which nothing says where its Kafka is has no letters', async (t) => {
  const broker = `demo/${uniqueName('nowhere')}`
  const { letters } = startKafkaDeadLetters(t, { servers: undefined, brokers: [broker] })

  t.equal(await letters.count(), 0)
  await t.rejects(letters.put(aDeadLetter({ broker })), /set KAFKA_BROKERS/)
})

t.test('a topic that deletes is used as it is, and reported once', async (t) => {
  const broker = `demo/${uniqueName('policy')}`
  const { letters, clusters, lines } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const topic = topicOf(broker)
  const config = { 'cleanup.policy': 'delete', 'retention.ms': '-1' }
  const spec = { topic, partitions: 1, replicationFactor: undefined, config }
  await clusters.of(broker).cluster.createTopics([spec])

  await letters.put(aDeadLetter({ broker, offset: 1 }))
  await letters.put(aDeadLetter({ broker, offset: 2 }))

  t.equal(await letters.count(), 2)
  const reports = lines.filter(({ level }) => level === 'error')
  t.match(reports, [{ topic, 'cleanup.policy': 'delete' }])
  t.equal(reports.length, 1)
  const kept = await clusters.of(broker).cluster.topicConfig(topic)
  t.equal(kept.get('cleanup.policy'), 'delete')
})

t.test('a topic that lost its beginning is read from what is left', async (t) => {
  const broker = `demo/${uniqueName('expired')}`
  const { letters, reader, clusters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const topic = topicOf(broker)
  const config = { 'cleanup.policy': 'delete', 'retention.ms': '-1' }
  const spec = { topic, partitions: 1, replicationFactor: undefined, config }
  await clusters.of(broker).cluster.createTopics([spec])
  for (const offset of [1, 2, 3]) await letters.put(aDeadLetter({ broker, offset, time: offset }))
  const partitions = [{ topic, partition: 0, offset: 2 }]
  const offsets = t.testdir({ 'offsets.json': JSON.stringify({ partitions, version: 1 }) })
  const command = ['--bootstrap-server', bootstrap, '--offset-json-file', `${offsets}/offsets.json`]
  await kafkaTool('org.apache.kafka.tools.DeleteRecordsCommand', command)

  const { letters: listed } = await reader.list({ limit: 10 })

  t.strictSame(
    listed.map(({ offset }) => offset),
    [3],
  )
})

t.test('a topic that was deleted is made again, and read from its beginning', async (t) => {
  const broker = `demo/${uniqueName('anew')}`
  const { letters, lines } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const { reader } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  for (const offset of [1, 2, 3]) await letters.put(aDeadLetter({ broker, offset }))
  t.equal(await reader.count(), 3)
  const topicCommand = ['--bootstrap-server', bootstrap, '--topic', topicOf(broker)]
  await kafkaTool('org.apache.kafka.tools.TopicCommand', [...topicCommand, '--delete'])

  await t.rejects(letters.put(aDeadLetter({ broker, offset: 4 })), /Cannot store a dead letter/)
  await letters.put(aDeadLetter({ broker, offset: 4 }))

  t.equal(lines.filter(({ msg }) => msg === 'Topic created').length, 2)
  t.strictSame(
    new Set((await reader.list({ limit: 10 })).letters.map(({ offset }) => offset)),
    new Set([1, 2, 3, 4]),
  )
})

t.test('put(), list(), get() and count() after close() say so', async (t) => {
  const broker = `demo/${uniqueName('closed')}`
  const { letters } = startKafkaDeadLetters(t, { servers, brokers: [broker] })
  const put = letters.put(aDeadLetter({ broker }))
  await letters.close()
  await letters.close()

  await put
  await t.rejects(letters.put(aDeadLetter({ broker })), /Cannot store a dead letter .*: closed/)
  await t.rejects(letters.list({ limit: 1 }), /Cannot read the dead letters: closed/)
  await t.rejects(letters.get('x'), /Cannot read the dead letters: closed/)
  await t.rejects(letters.count(), /Cannot read the dead letters: closed/)
})
