import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { KafkaCluster } from '#kafka/kafka-cluster.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { systemClock } from '#time/system-clock.ts'
import { kafkaTool } from '../../../support/kafka/kafka-tool.ts'
import { startKafkaTrio } from '../../../support/kafka/kafka-trio.ts'
import { uniqueName } from '../../../support/kafka/shared-kafka.ts'
import { startKafka } from '../../../support/kafka/start-kafka.ts'
import { type GroupFixture, groupMemberSuite } from './group-member.suite.ts'
import { GroupWorld } from './group-world.ts'

const PARTITIONS = 10
const POLL_MS = 5
const PATIENCE_MS = 60_000

const node = await startKafka(t)

/** A group of its own on a real broker. */
async function kafkaPlace(
  t: Test,
  servers = [node.bootstrap],
  replicationFactor = 1,
): Promise<GroupFixture & { readonly group: string }> {
  const clusters: KafkaCluster[] = []
  const connect = (clientId: string) => {
    const cluster = connectKafka({ servers, clientId, security: undefined })
    clusters.push(cluster)
    return cluster
  }
  t.teardown(() => Promise.all(clusters.map((cluster) => cluster.close())))
  const group = uniqueName('sluice-ns-broker')
  const topic = uniqueName('events')
  const main = connect('test')
  await main.createTopics([{ topic, partitions: PARTITIONS, replicationFactor, config: {} }])
  return {
    group,
    topic,
    clock: systemClock,
    partitions: PARTITIONS,
    now: () => performance.now(),
    connect: (clientId) => connect(clientId).group(group),
    partitionCount: async () => {
      main.forget(topic)
      return (await main.partitions(topic)).length
    },
    until: async (what, condition) => {
      const deadline = performance.now() + PATIENCE_MS
      while (!condition()) {
        if (performance.now() > deadline) throw new Error(`never: ${what}`)
        await delay(POLL_MS)
      }
    },
    pass: (ms) => delay(ms),
    grow: async (count) => {
      await kafkaTool('org.apache.kafka.tools.TopicCommand', [
        ...['--bootstrap-server', node.bootstrap, '--alter'],
        ...['--topic', topic, '--partitions', `${count}`],
      ])
    },
    breakDown: async () => {
      await node.kill()
      return () => node.start()
    },
    took: (what, ms) => t.comment(`${what}: ${Math.round(ms)} ms`),
  }
}

groupMemberSuite(t, (t) => kafkaPlace(t))

t.test('Kafka’s own tools show who has what', async (t) => {
  const place = await kafkaPlace(t)
  const world = new GroupWorld(place)
  const a = await world.join('pod-a')
  const b = await world.join('pod-b')
  await world.settled([a, b], PARTITIONS)

  const shown = await kafkaTool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', [
    ...['--bootstrap-server', node.bootstrap, '--describe', '--group', place.group],
    ...['--members', '--verbose'],
  ])

  for (const { name, owned } of [a, b]) {
    const line = shown.split('\n').find((each) => each.includes(` ${name} `)) ?? ''
    const partitions = [...owned].toSorted((x, y) => x - y).join(',')
    t.ok(line.includes(place.topic) && line.includes(partitions), `${partitions} in ${line}`)
  }
  await world.close()
})

t.test('a broker that allows no session below 6 s gets one of 6 s', async (t) => {
  const usual = await startKafka(t, { properties: { 'group.min.session.timeout.ms': 6000 } })
  const place = await kafkaPlace(t, [usual.bootstrap])
  const world = new GroupWorld(place)
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], PARTITIONS)

  const since = place.now()
  a.die()
  await world.settled([b], PARTITIONS)

  const waited = place.now() - since
  place.took('a member dies, the other one has all', waited)
  t.ok(waited < 7500, `${waited} ms`)
  a.owned.clear()
  t.same(world.faults, [])
  await world.close()
})

t.test('members stay members when the broker that coordinates them dies', async (t) => {
  const trio = await startKafkaTrio(t)
  const place = await kafkaPlace(t, [...trio.servers], 3)
  const world = new GroupWorld(place)
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], PARTITIONS)
  const told = [a.told.length, b.told.length]

  // The one that they talk to is among the three.
  for (const dying of trio.nodes) {
    await dying.kill()
    const since = place.now()
    let silentMs = 0
    while (place.now() - since < 3500) {
      await place.pass(10)
      world.check()
      if (!a.member.mayDeliver()) silentMs += 10
    }
    place.took(`deliveries stand after a broker was killed`, silentMs)
    await dying.start()
    await trio.whole()
    await world.settled([a, b], PARTITIONS)
  }

  t.same([a.told.length, b.told.length], told, 'nothing moved')
  t.same(world.faults, [])
  await world.close()
})
