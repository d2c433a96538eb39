import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import t, { type Test } from 'tap'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import type { EventLog, Position } from '#log/event-log.ts'
import { prepareTopic } from '#log/kafka/prepare-topic.ts'
import { Problem } from '#problems/problem.ts'
import { createLogger } from '#telemetry/logger.ts'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { aRecord, idOf, KEEP, never, readAll, until } from '../event-log.suite.ts'
import { SETTINGS, startKafkaLogs } from './start-kafka-logs.ts'

const { servers } = await sharedKafka(t)
const admin = new kafkajs.Kafka({
  brokers: [...servers],
  logLevel: kafkajs.logLevel.NOTHING,
}).admin()
await admin.connect()
t.teardown(() => admin.disconnect())

const WAIT = { maxBytes: 100_000, waitMs: 250, signal: never }

function topicOf(broker: string): string {
  return `knative-broker-${broker.replace('/', '-')}`
}

async function openLog(t: Test, kafka: Partial<KafkaSettings> = {}) {
  const broker = `edge/${uniqueName('log')}`
  const started = startKafkaLogs(t, { servers, brokers: { [broker]: kafka } })
  return { ...started, broker, log: await started.logs.open(broker, KEEP) }
}

async function nextOf(log: EventLog, from: Position): Promise<number> {
  const [read] = await log.read([from], WAIT)
  return read!.next
}

t.test('a topic that was deleted and created again is noticed, shorter or longer', async (t) => {
  const { log, broker } = await openLog(t, { partitions: 1 })
  await log.append(Array.from({ length: 20 }, (_, at) => aRecord(`${at}`)))
  const at = { partition: 0, offset: 20 }
  const mark = await log.markAt(at)
  t.equal(await log.recognises(at, mark), true)

  await admin.deleteTopics({ topics: [topicOf(broker)] })
  let failures = 0
  const failing = async () => {
    await log.read([at], WAIT).catch(() => failures++)
    return failures > 0
  }
  await until('a read fails while there is no topic', failing)
  await admin.createTopics({
    topics: [{ topic: topicOf(broker), numPartitions: 1 }],
    waitForLeaders: true,
  })
  const other = { key: null, value: null, headers: {} }
  const producer = new kafkajs.Kafka({
    brokers: [...servers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  })
  await producer.connect()
  await producer.send({ topic: topicOf(broker), messages: [other] })

  await until('the end is below', async () => (await nextOf(log, at).catch(() => 99)) === 1)
  t.equal(await log.recognises(at, mark), false, 'shorter')
  await producer.send({ topic: topicOf(broker), messages: Array.from({ length: 40 }, () => other) })
  await producer.disconnect()
  t.equal(await log.recognises(at, mark), false, 'longer: another record stands there')
})

t.test('a partition that is added is read and written', async (t) => {
  const { log, broker, clusters } = await openLog(t, { partitions: 1 })
  await log.append([aRecord('before')])

  await admin.createPartitions({ topicPartitions: [{ topic: topicOf(broker), count: 3 }] })
  clusters.of(broker).cluster.forget(topicOf(broker))
  await until('all are there', async () => (await log.bounds()).length === 3)

  const [position] = await clusterAppend(clusters, broker)
  const [read] = await log.read([position!], WAIT)
  t.equal(read!.records.length, 1)
})

async function clusterAppend(
  clusters: ReturnType<typeof startKafkaLogs>['clusters'],
  broker: string,
): Promise<Position[]> {
  const headers = [
    ['ce_specversion', '1.0'],
    ['ce_id', 'grown'],
    ['ce_source', '/grown'],
    ['ce_type', 'grown'],
  ] as const
  const record = { key: null, value: null, headers, timestamp: Date.now() }
  return [
    { partition: 2, offset: await clusters.of(broker).producer.send(topicOf(broker), 2, [record]) },
  ]
}

t.test('what retention took is passed over, and where the log starts is said', async (t) => {
  const { log, broker } = await openLog(t, { partitions: 1 })
  await log.append(Array.from({ length: 10 }, (_, at) => aRecord(`${at}`)))
  const at = { partition: 0, offset: 4 }
  const mark = await log.markAt(at)

  // kafkajs knows a topic's leaders after such a question.
  await admin.fetchTopicOffsets(topicOf(broker))
  await admin.deleteTopicRecords({
    topic: topicOf(broker),
    partitions: [{ partition: 0, offset: '7' }],
  })

  for (const waitMs of [0, 250]) {
    const [read] = await log.read([at], { ...WAIT, waitMs })
    t.same([read!.start, read!.next, read!.records.length], [7, 7, 0])
  }
  const [rest] = await log.read([{ partition: 0, offset: 7 }], WAIT)
  t.same(rest!.records.map(idOf), ['7', '8', '9'])
  t.equal((await log.bounds())[0]!.start, 7)
  t.equal(await log.recognises(at, mark), true, 'it is still the same log')
})

t.test(
  'an event that is too large for the topic is refused, also where the topic takes less than we do',
  async (t) => {
    const small = await openLog(t, { topicConfig: { 'max.message.bytes': '20000' } })
    const usual = await openLog(t)

    const refused = await small.log
      .append([aRecord('large', 21_000)])
      .catch((error: unknown) => error)
    t.ok(refused instanceof Problem && refused.type === 'event-too-large', String(refused))
    await small.log.append([aRecord('fits', 19_000)])
    await usual.log.append([aRecord('large', 1024 * 1024)])
    const many = Array.from({ length: 20 }, (_, at) => aRecord(`${at}`, 5000, 'k'))
    t.equal((await small.log.append(many)).length, 20, 'a batch stays within the limit, too')
  },
)

t.test('a topic that is there is used as it is, and what differs is said', async (t) => {
  const broker = `edge/${uniqueName('there')}`
  await admin.createTopics({
    topics: [{ topic: topicOf(broker), numPartitions: 2 }],
    waitForLeaders: true,
  })
  const { clusters } = startKafkaLogs(t, {
    servers,
    brokers: { [broker]: { partitions: 5, topicConfig: { 'retention.bytes': '12345' } } },
  })
  const lines: { differences?: string[] }[] = []
  const logger = createLogger({ level: 'silent', name: 'test' })
  logger.warn = (line: unknown) => void lines.push(line as { differences?: string[] })

  const topic = await prepareTopic(topicOf(broker), clusters.of(broker), KEEP, 1024 * 1024, logger)

  t.equal(topic.partitions, 2)
  t.equal(topic.maxMessageBytes, 1_048_588, "Kafka's default is less than we take")
  t.same(
    lines.flatMap(({ differences = [] }) => differences.map((text) => text.split(' is ')[0])),
    ['max.message.bytes', 'retention.bytes', 'partitions'],
  )
})

t.test('an external topic is used and never created', async (t) => {
  const name = uniqueName('external')
  const brokers = { 'edge/external': { externalTopic: name } }
  const { logs } = startKafkaLogs(t, { servers, brokers })

  const missing = await logs.open('edge/external', KEEP).catch((error: unknown) => error)
  t.ok(missing instanceof Problem && missing.type === 'log-unavailable', String(missing))
  t.match(String(missing), /external topic .* does not exist/)
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: true })

  const log = await logs.open('edge/external', KEEP)
  t.equal((await log.append([aRecord('1')])).length, 1)
})

t.test('a changed login is another log, and the earlier one is closed', async (t) => {
  const { logs, clusters, broker, log } = await openLog(t, { partitions: 1 })
  await log.append([aRecord('before')])
  const settings = { ...SETTINGS, partitions: 1 }

  clusters.apply([{ key: broker, kafka: settings }])
  t.equal(await logs.open(broker, KEEP), log, 'nothing has changed')
  clusters.apply([{ key: broker, kafka: { ...settings, security: { protocol: 'PLAINTEXT' } } }])
  const other = await logs.open(broker, KEEP)

  t.not(other, log)
  t.equal(log.refusal()?.type, 'log-unavailable')
  await other.append([aRecord('after')])
  t.same((await readAll(other)).map(idOf), ['before', 'after'])
  t.equal(await logs.open(broker, KEEP), other)
})

t.test('without a Kafka, opening says so in time', async (t) => {
  const { logs, clusters } = startKafkaLogs(t, {
    servers: ['127.0.0.1:1'],
    brokers: { 'edge/lost': {} },
  })
  const started = performance.now()

  const error = await logs.open('edge/lost', KEEP).catch((problem: unknown) => problem)

  t.ok(error instanceof Problem && error.type === 'log-unavailable', String(error))
  t.match(String(error), /127\.0\.0\.1:1/)
  t.ok(performance.now() - started < 15_000)
  t.throws(() => clusters.of('edge/nobody'), /there is no such Broker/)
})

t.test("progress is shown as offsets of the Trigger's group, and read from there", async (t) => {
  const { log } = await openLog(t, { partitions: 3 })
  const trigger = `edge/${uniqueName('trigger')}`

  t.same(await log.knativeProgress(trigger), [])
  await until('the group can be written', async () =>
    log
      .publishProgress(trigger, [
        { partition: 0, offset: 4 },
        { partition: 2, offset: 1 },
      ])
      .then(
        () => true,
        () => false,
      ),
  )

  t.same(
    (await log.knativeProgress(trigger)).toSorted((a, b) => a.partition - b.partition),
    [
      { partition: 0, offset: 4 },
      { partition: 2, offset: 1 },
    ],
  )
  const group = `knative-trigger-${trigger.replace('/', '-')}`
  const described = await admin.describeGroups([group])
  t.equal(described.groups[0]?.members.length, 0)
})

t.test('records that were aborted in a transaction are passed over', async (t) => {
  const { log, broker } = await openLog(t, { partitions: 1 })
  const producer = new kafkajs.Kafka({
    brokers: [...servers],
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    transactionalId: uniqueName('tx'),
    maxInFlightRequests: 1,
    idempotent: true,
  })
  await producer.connect()
  const headers = { ce_specversion: '1.0', ce_source: '/tx', ce_type: 'tx' }
  for (const [id, commits] of [
    ['no', false],
    ['yes', true],
  ] as const) {
    const transaction = await producer.transaction()
    const messages = [{ value: 'x', headers: { ...headers, ce_id: id } }]
    await transaction.send({ topic: topicOf(broker), messages })
    await (commits ? transaction.commit() : transaction.abort())
    await delay(100)
  }
  await producer.disconnect()
  const end = (await log.bounds())[0]!.end

  const ids: string[] = []
  let offset = 0
  while (offset < end) {
    const [read] = await log.read([{ partition: 0, offset }], WAIT)
    t.ok(read!.next > offset, 'goes on')
    ids.push(...read!.records.map(idOf))
    offset = read!.next
  }
  t.same(ids, ['yes'])
})
