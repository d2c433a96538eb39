import { setTimeout as delay } from 'node:timers/promises'
import kafkajs from 'kafkajs'
import t, { type Test } from 'tap'
import type { EventLog } from '#log/event-log.ts'
import { startKafkaTrio } from '../../../support/kafka/kafka-trio.ts'
import { uniqueName } from '../../../support/kafka/unique-name.ts'
import { TcpProxy } from '../../../support/tcp-proxy.ts'
import { aRecord, idOf, KEEP, readAll } from '../event-log.suite.ts'
import { startKafkaLogs } from './start-kafka-logs.ts'

const PRODUCE = 0
/** Not a multiple of the partitions: kafkajs's loss hides behind round numbers. */
const EVENTS = 1001
const PARTITIONS = 6
const WRITERS = 32

const proxies = [await TcpProxy.start(), await TcpProxy.start(), await TcpProxy.start()]
t.teardown(() => Promise.all(proxies.map((proxy) => proxy.close())))
const trio = await startKafkaTrio(t, (place) => ({ advertised: proxies[place]!.address }))
for (const [place, proxy] of proxies.entries()) proxy.target = trio.nodes[place]!.port
const servers = proxies.map(({ address }) => address)

async function openLog(t: Test) {
  const broker = `loss/${uniqueName('log')}`
  const brokers = { [broker]: { partitions: PARTITIONS, replicationFactor: 3 } }
  const { logs, clusters } = startKafkaLogs(t, { servers, brokers })
  const log = await logs.open(broker, KEEP)
  return { log, topic: `knative-broker-${broker.replace('/', '-')}`, clusters, broker }
}

/** Compares what was acknowledged with what is stored, event by event. */
async function compare(t: Test, log: EventLog, acknowledged: ReadonlySet<string>, most: number) {
  const stored = (await readAll(log, 1024 * 1024)).map(idOf)
  const unique = new Set(stored)
  t.same(
    [...acknowledged].filter((id) => !unique.has(id)),
    [],
    'nothing acknowledged is lost',
  )
  const duplicates = stored.length - unique.size
  t.ok(duplicates <= most, `${duplicates} stored twice, at most ${most}`)
  return duplicates
}

for (const fate of ['cut-before', 'cut-within', 'cut-after'] as const) {
  for (const kind of ['keyless', 'keyed'] as const) {
    t.test(`${kind} events, a connection ${fate} a Produce request: none is lost`, async (t) => {
      const { log } = await openLog(t)
      const records = Array.from({ length: EVENTS }, (_, at) =>
        aRecord(`${at}`, 100, kind === 'keyed' ? `key-${at}` : undefined),
      )
      const cut = proxies[1]!.next(PRODUCE, fate)

      const positions = await log.append(records)
      await cut

      t.equal(positions.length, EVENTS)
      // Only a broker that has stored what nobody heard of can have it twice: one request's worth.
      const most = fate === 'cut-after' ? EVENTS : 0
      await compare(t, log, new Set(records.map(idOf)), most)
    })
  }
}

t.test(
  'kafkajs alone loses acknowledged records under the same cut, so it is not what sends ours',
  async (t) => {
    const { log, topic } = await openLog(t)
    const producer = new kafkajs.Kafka({
      brokers: servers,
      logLevel: kafkajs.logLevel.NOTHING,
    }).producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    })
    await producer.connect()
    t.teardown(() => producer.disconnect())
    const headers = { ce_specversion: '1.0', ce_source: '/loss', ce_type: 'loss' }
    const messages = Array.from({ length: EVENTS }, (_, at) => ({
      value: 'x'.repeat(100),
      headers: { ...headers, ce_id: `${at}` },
    }))
    const cut = proxies[1]!.next(PRODUCE, 'cut-before')

    await producer.send({ topic, acks: -1, messages })
    await cut

    const stored = new Set((await readAll(log, 1024 * 1024)).map(idOf))
    const lost = messages.filter((message) => !stored.has(message.headers.ce_id))
    t.ok(lost.length > 0, `${lost.length} of ${EVENTS} lost`)
  },
)

t.test(
  'the leader of a partition is killed under load: nothing acknowledged is lost',
  async (t) => {
    const { log, topic, clusters, broker } = await openLog(t)
    const [first] = await clusters.of(broker).cluster.partitions(topic)
    const leader = trio.node(first!.leader!)
    const acknowledged = new Set<string>()
    let refused = 0
    let isOver = false
    const write = async (writer: number) => {
      for (let at = 0; !isOver; at++) {
        const record = aRecord(`${writer}-${at}`, 500)
        await log.append([record]).then(
          () => acknowledged.add(idOf(record)),
          () => refused++,
        )
      }
    }
    const writers = Array.from({ length: WRITERS }, (_, writer) => write(writer))
    await delay(1500)
    const before = acknowledged.size

    await leader.kill()
    await delay(4000)
    const during = acknowledged.size
    await leader.restart()
    await trio.whole()
    await delay(500)
    isOver = true
    await Promise.all(writers)

    t.ok(
      before > 100 && during > before + 100,
      `${before}, ${during}: events flow on with two brokers`,
    )
    // What was under way when the broker died may be stored although nobody heard of it.
    const duplicates = await compare(t, log, acknowledged, 2 * WRITERS)
    t.comment(`${acknowledged.size} acknowledged, ${refused} refused, ${duplicates} stored twice`)
  },
)

t.test(
  'without two replicas in sync nothing is acknowledged, and it goes on when they are back',
  async (t) => {
    const { log } = await openLog(t)
    const [kept, ...others] = trio.nodes
    await log.append([aRecord('before')])

    await Promise.all(others.map((node) => node.kill()))
    const started = performance.now()
    const error = await log.append([aRecord('without')]).catch((failure: unknown) => failure)
    const took = performance.now() - started
    await Promise.all(others.map((node) => node.restart()))
    await trio.whole()

    t.match(error, { type: 'log-unavailable', retryAfterSeconds: 2 })
    t.ok(took < 5000, `refused after ${Math.round(took)} ms`)
    t.ok(kept !== undefined)
    const acknowledged = new Set(['before', 'after'])
    for (;;) {
      const again = await log.append([aRecord('after')]).catch(() => undefined)
      if (again !== undefined) break
    }
    await compare(t, log, acknowledged, 10)
  },
)
