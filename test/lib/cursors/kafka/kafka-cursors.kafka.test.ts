import kafkajs from 'kafkajs'
import t, { type Test } from 'tap'
import type { CursorChange, TriggerCursor } from '#cursors/cursors.ts'
import { cursorTopicName } from '#cursors/kafka/cursor-topic.ts'
import { offsetAt, readRecords } from '#cursors/kafka/read-records.ts'
import type { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { sharedKafka, uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { startKafka } from '../../../support/kafka/start-kafka.ts'
import { cursorsSuite } from '../cursors.suite.ts'
import { startKafkaCursors } from './start-kafka-cursors.ts'

const { servers } = await sharedKafka(t)
const admin = new kafkajs.Kafka({
  brokers: [...servers],
  logLevel: kafkajs.logLevel.NOTHING,
}).admin()
await admin.connect()
t.teardown(() => admin.disconnect())

function attached(...open: number[]): TriggerCursor {
  return { next: undefined, open, specs: [{ from: 0, filters: [], spec: { n: 1 } }] }
}

/** A change whose parts all tell the same offset. */
function change(offset: number): CursorChange {
  return {
    shared: { offset, mark: `m${offset}`, partitions: 1 },
    triggers: new Map([['demo/a', attached(offset - 1)]]),
  }
}

/** A Broker that nobody else has, and processes that serve it. */
function aBroker(settings: Partial<KafkaSettings> = {}) {
  const broker = `demo/${uniqueName('cursors')}`
  const process = (t: Test) => startKafkaCursors(t, { servers, brokers: { [broker]: settings } })
  return { broker, process, topic: cursorTopicName(broker) }
}

async function countRecords(clusters: KafkaClusters, broker: string): Promise<number> {
  const { cluster } = clusters.of(broker)
  const place = { topic: cursorTopicName(broker), partition: 0 }
  let count = 0
  const end = await offsetAt(cluster, place, 'latest')
  await readRecords(cluster, place, 0, end, () => count++)
  return count
}

async function until(what: string, withinMs: number, isSo: () => Promise<boolean>) {
  const deadline = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`not within ${withinMs} ms: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

t.test('KafkaCursors', async (t) =>
  cursorsSuite(t, (t) => {
    const broker = `demo/${uniqueName('suite')}`
    const other = `demo/${uniqueName('other')}`
    const { cursors } = startKafkaCursors(t, { servers, brokers: { [broker]: {}, [other]: {} } })
    return { cursors, broker, other }
  }),
)

t.test(
  'the topic is compacted in small pieces, and has a partition for each of events',
  async (t) => {
    const { broker, process, topic } = aBroker({
      partitions: 2,
      topicConfig: { 'min.insync.replicas': '1', 'retention.ms': '5000' },
    })
    const events = `knative-broker-${broker.replace('/', '-')}`
    await admin.createTopics({
      topics: [{ topic: events, numPartitions: 4 }],
      waitForLeaders: true,
    })
    const { cursors, clusters, lines } = process(t)

    await cursors.save(broker, 3, change(1))

    const { cluster } = clusters.of(broker)
    t.equal((await cluster.partitions(topic)).length, 4)
    const config = await cluster.topicConfig(topic)
    t.match(Object.fromEntries(config), {
      'cleanup.policy': 'compact',
      'segment.bytes': '1048576',
      'max.message.bytes': '1048576',
      'min.cleanable.dirty.ratio': '0.1',
      'max.compaction.lag.ms': '60000',
      'delete.retention.ms': '3600000',
      'min.insync.replicas': '1',
    })
    t.not(config.get('retention.ms'), '5000', "it is the events'")
    t.match(lines, [{ level: 'info', topic, partitions: 4, msg: 'Topic created' }])
  },
)

t.test('a topic that would lose cursors is reported once, and left as it is', async (t) => {
  const { broker, process, topic } = aBroker()
  const configEntries = [{ name: 'cleanup.policy', value: 'delete' }]
  await admin.createTopics({
    topics: [{ topic, numPartitions: 1, configEntries }],
    waitForLeaders: true,
  })
  const { cursors, clusters, lines } = process(t)

  await cursors.save(broker, 0, change(1))
  await cursors.save(broker, 2, change(2))

  t.match(lines, [
    {
      level: 'error',
      topic,
      'cleanup.policy': 'delete',
      msg: 'Cursors will be lost: set the cleanup.policy of their topic to "compact"',
    },
  ])
  t.equal(lines.length, 1)
  t.equal((await clusters.of(broker).cluster.topicConfig(topic)).get('cleanup.policy'), 'delete')
  t.equal((await cursors.load(broker, 0))?.shared.offset, 1, 'also where partitions share one')
  t.equal((await cursors.load(broker, 2))?.shared.offset, 2)
})

t.test('what one process saved, another one loads, though the first just ended', async (t) => {
  const { broker, process } = aBroker()
  const first = process(t)
  await first.cursors.save(broker, 1, change(7))
  await first.clusters.of(broker).cluster.close()

  const second = process(t)

  t.strictSame(await second.cursors.load(broker, 1), {
    shared: { offset: 7, mark: 'm7', partitions: 1 },
    triggers: new Map([['demo/a', attached(6)]]),
    failures: new Map(),
  })
  t.strictSame(await second.cursors.save(broker, 1, change(8)), { contested: false })
})

t.test('a stale owner that saves late is noticed, and counts less than the owner', async (t) => {
  const { broker, process } = aBroker()
  const [stale, owner] = [process(t).cursors, process(t).cursors]
  await stale.save(broker, 0, change(5))
  await owner.load(broker, 0)
  t.strictSame(await owner.save(broker, 0, change(90)), { contested: false })

  t.strictSame(await stale.save(broker, 0, change(6)), { contested: true })

  const between = await process(t).cursors.load(broker, 0)
  t.equal(between?.shared.offset, 90)
  t.strictSame(between?.triggers.get('demo/a'), { ...attached(89), next: 90 })
  t.strictSame(await owner.save(broker, 0, change(91)), { contested: true })
  t.strictSame(await owner.save(broker, 0, change(92)), { contested: false })
  const after = await process(t).cursors.load(broker, 0)
  t.equal(after?.shared.offset, 92)
  t.strictSame(after?.triggers.get('demo/a'), attached(91))
})

t.test('thousands of saves are compacted, and what is left tells the same', async (t) => {
  const { broker, process } = aBroker({ partitions: 1 })
  const { cursors, clusters } = process(t)
  const names = ['demo/a', 'demo/b', 'demo/c']
  const cursorAt = (save: number) =>
    attached(...Array.from({ length: 3000 }, (_, at) => save * 1000 + at * 200))
  const saves = 600
  await cursors.save(broker, 0, { ...change(1), triggers: new Map([['demo/quiet', attached(0)]]) })
  for (let save = 0; save < saves; save++) {
    const triggers = new Map([[names[save % 3]!, cursorAt(save)]])
    const shared = { offset: save * 1000, mark: `m${save}`, partitions: 1 }
    await cursors.save(broker, 0, { shared, triggers })
  }

  await until('the topic has shrunk', 60_000, async () => {
    return (await countRecords(clusters, broker)) < saves
  })

  const loaded = await process(t).cursors.load(broker, 0)
  t.equal(loaded?.shared.offset, (saves - 1) * 1000)
  t.strictSame(loaded?.triggers.get('demo/quiet'), attached(0))
  for (const [at, name] of names.entries()) {
    t.strictSame(loaded?.triggers.get(name), cursorAt(saves - 3 + at))
  }
})

t.test('a change of many megabytes is saved', async (t) => {
  const { broker, process } = aBroker()
  const far = Array.from({ length: 4096 }, (_, at) => 2 ** 40 + at * 2 ** 21)
  const triggers = new Map(
    Array.from({ length: 200 }, (_, at) => [`demo/${at}`, attached(...far)] as const),
  )
  const { cursors } = process(t)

  t.strictSame(await cursors.save(broker, 0, { ...change(2 ** 50), triggers }), {
    contested: false,
  })

  t.strictSame((await process(t).cursors.load(broker, 0))?.triggers, triggers)
})

t.test('cursors are saved again after their topic was deleted', async (t) => {
  const { broker, process, topic } = aBroker()
  const { cursors } = process(t)
  await cursors.save(broker, 0, change(1))
  await cursors.save(broker, 0, change(2))
  await admin.deleteTopics({ topics: [topic] })

  await t.rejects(cursors.save(broker, 0, change(3)), { name: 'KafkaError' })
  t.strictSame(await cursors.save(broker, 0, change(4)), { contested: true })
  t.strictSame(await cursors.save(broker, 0, change(5)), { contested: false })

  t.equal((await process(t).cursors.load(broker, 0))?.shared.offset, 5)
})

t.test('a Broker that is not there has no cursors', async (t) => {
  const { process } = aBroker()
  const { cursors } = process(t)

  await t.rejects(cursors.load('demo/unknown', 0), { name: 'Problem', type: 'log-unavailable' })
  await t.rejects(cursors.save('demo/unknown', 0, change(1)), {
    name: 'Problem',
    type: 'log-unavailable',
  })
})

t.test('a Broker that is gone can still save', async (t) => {
  const { broker, process } = aBroker()
  const { cursors, clusters } = process(t)
  await cursors.save(broker, 0, change(1))
  clusters.apply([])

  await cursors.save(broker, 0, change(2))

  t.equal((await process(t).cursors.load(broker, 0))?.shared.offset, 2)
})

t.test('close() waits for what is under way, and takes no more', async (t) => {
  const { broker, process } = aBroker()
  const { cursors } = process(t)
  const saving = cursors.save(broker, 0, change(1))
  let isSaved = false
  void saving.then(() => {
    isSaved = true
  })

  await cursors.close()

  t.equal(isSaved, true)
  const message = `Cannot save the cursors of ${broker}: they are closed`
  await t.rejects(cursors.save(broker, 0, change(2)), { message })
  await t.rejects(cursors.load(broker, 0), /they are closed/)
})

t.test(
  'while Kafka is gone, saves are rejected in time; when it is back, all is there',
  async (t) => {
    const node = await startKafka(t)
    const broker = 'demo/outage'
    const options = { servers: [node.bootstrap], brokers: { [broker]: {} } }
    const { cursors } = startKafkaCursors(t, options)
    await cursors.save(broker, 0, change(1))
    await node.kill()
    const since = performance.now()

    await t.rejects(cursors.save(broker, 0, change(2)), { name: 'KafkaError' })
    await t.rejects(startKafkaCursors(t, options).cursors.load(broker, 0), { name: 'KafkaError' })
    const tookMs = performance.now() - since
    await node.start()

    t.ok(tookMs < 15_000, `${tookMs} ms`)
    await cursors.save(broker, 0, change(3))
    t.strictSame(await cursors.save(broker, 0, change(4)), { contested: false })
    t.equal((await startKafkaCursors(t, options).cursors.load(broker, 0))?.shared.offset, 4)
  },
)
