import t from 'tap'
import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { Problem } from '#problems/problem.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const SETTINGS: KafkaSettings = {
  bootstrapServers: ['one:9092'],
  partitions: 1,
  replicationFactor: undefined,
  topicConfig: {},
  externalTopic: undefined,
  security: undefined,
}
const LOGIN = {
  protocol: 'SASL_PLAINTEXT',
  sasl: { mechanism: 'PLAIN', user: 'u', password: 'p' },
} as const

function start(
  servers: readonly string[] | undefined,
  brokers: Readonly<Record<string, Partial<KafkaSettings>>>,
) {
  const connected: { servers: readonly string[]; security: unknown }[] = []
  const clock = new FakeClock()
  let closed = 0
  const clusters = new KafkaClusters({
    servers,
    clientId: 'test',
    lingerMs: 0,
    clock,
    connect: (options): KafkaCluster => {
      connected.push(options)
      const cluster = connectKafka(options)
      const close = cluster.close.bind(cluster)
      cluster.close = () => {
        closed++
        return close()
      }
      return cluster
    },
  })
  clusters.apply(
    Object.entries(brokers).map(([key, kafka]) => ({ key, kafka: { ...SETTINGS, ...kafka } })),
  )
  return { clusters, connected, clock, closed: () => closed }
}

t.test('Brokers with the same servers and login share connections, others do not', async (t) => {
  const { clusters, connected } = start(undefined, {
    'a/one': {},
    'a/same': { partitions: 7 },
    'a/login': { security: LOGIN },
    'a/other': { bootstrapServers: ['two:9092'] },
  })

  const [one, same, login, other] = ['one', 'same', 'login', 'other'].map((name) =>
    clusters.of(`a/${name}`),
  )

  t.equal(one?.producer, same?.producer)
  t.not(one?.cluster, login?.cluster)
  t.not(one?.cluster, other?.cluster)
  t.equal(same?.settings.partitions, 7)
  t.equal(connected.length, 3)
  t.same(connected[1]?.security, LOGIN)
  await clusters.close()
})

t.test('KAFKA_BROKERS overrides the servers of every Broker', async (t) => {
  const { clusters } = start(['mine:1'], { 'a/one': {}, 'a/none': { bootstrapServers: undefined } })

  t.same(clusters.of('a/one').servers, ['mine:1'])
  t.equal(clusters.of('a/one').cluster, clusters.of('a/none').cluster)
  await clusters.close()
})

t.test(
  'a Broker without servers, or that is not there, is a Problem that says what to do',
  async (t) => {
    const { clusters } = start(undefined, { 'a/none': { bootstrapServers: undefined } })

    for (const [broker, says] of [
      ['a/none', /set KAFKA_BROKERS, or "bootstrap.servers"/],
      ['a/absent', /there is no such Broker/],
    ] as const) {
      t.throws(() => clusters.of(broker), { type: 'log-unavailable', message: says }, broker)
    }
    t.throws(() => clusters.of('a/none'), Problem)
    clusters.apply([])
    t.same(clusters.keys(), [])
    await clusters.close()
  },
)

t.test(
  'a client that no Broker needs any more is closed after a minute, with its login',
  async (t) => {
    const { clusters, clock, closed } = start(undefined, {
      'a/one': { security: LOGIN },
      'a/two': {},
    })
    const kept = clusters.of('a/two').cluster
    clusters.of('a/one')

    clusters.apply([{ key: 'a/two', kafka: SETTINGS }])
    clock.advance(59_000)
    t.equal(closed(), 0)
    clock.advance(1000)
    await new Promise(setImmediate)

    t.equal(closed(), 1)
    t.equal(clusters.of('a/two').cluster, kept)
    await clusters.close()
    t.equal(clock.pending, 0)
  },
)

t.test('a changed login or server counts from the next question on', async (t) => {
  const { clusters } = start(undefined, { 'a/one': {} })
  const before = clusters.of('a/one').cluster

  clusters.apply([{ key: 'a/one', kafka: { ...SETTINGS, security: LOGIN } }])

  t.not(clusters.of('a/one').cluster, before)
  await clusters.close()
  t.throws(() => clusters.of('a/one'), Problem, 'closed')
})
