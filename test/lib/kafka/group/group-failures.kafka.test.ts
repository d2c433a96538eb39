import t from 'tap'
import { startKafkaTrio } from '../../../support/kafka/kafka-trio.ts'
import { startKafka } from '../../../support/kafka/start-kafka.ts'
import { TcpProxy } from '../../../support/tcp-proxy.ts'
import { GroupWorld } from './group-world.ts'
import { kafkaPlace } from './kafka-place.ts'

const PARTITIONS = 10
const JOIN_GROUP = 11
const SYNC_GROUP = 14

const proxy = await TcpProxy.start()
t.teardown(() => proxy.close())
const behind = await startKafka(t, { advertised: proxy.address })
proxy.target = behind.port

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
  const place = await kafkaPlace(t, trio.servers)
  const world = new GroupWorld(place)
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], PARTITIONS)
  const told = [a.told.length, b.told.length]

  let silentMs = 0
  for (const dying of trio.nodes) {
    await dying.kill()
    const since = place.now()
    while (place.now() - since < 3500) {
      await place.pass(10)
      world.check()
      if (!a.member.mayDeliver()) silentMs += 10
    }
    await world.settled([a, b], PARTITIONS)
    // It was the one that they talk to.
    if (silentMs > 0) break
    await dying.start()
    await trio.whole()
  }

  place.took('its broker is killed, deliveries stand for', silentMs)
  t.ok(silentMs > 0)
  t.same([a.told.length, b.told.length], told, 'nothing moved')
  t.same(world.faults, [])
  await world.close()
})

t.test('connections that are cut or stand still cost no partition', async (t) => {
  const place = await kafkaPlace(t, [proxy.address])
  const world = new GroupWorld(place)
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], PARTITIONS)
  const told = [a.told.length, b.told.length]

  for (let round = 0; round < 3; round++) {
    proxy.cut()
    await place.pass(700)
    await world.settled([a, b], PARTITIONS)
  }
  proxy.stall()
  await place.pass(1500)
  t.equal(a.member.mayDeliver(), false)
  proxy.goOn()
  await world.settled([a, b], PARTITIONS)

  t.same([a.told.length, b.told.length], told, 'nothing moved')
  t.same(world.faults, [])
  await world.close()
})

for (const [name, apiKey] of [
  ['JoinGroup', JOIN_GROUP],
  ['SyncGroup', SYNC_GROUP],
] as const) {
  for (const fate of ['cut-before', 'cut-within', 'cut-after'] as const) {
    t.test(`a ${name} that is ${fate} keeps nobody out`, async (t) => {
      const place = await kafkaPlace(t, [proxy.address])
      const world = new GroupWorld(place)
      const a = await world.join('a')
      await world.settled([a], PARTITIONS)

      const cut = proxy.next(apiKey, fate)
      const since = place.now()
      const b = await world.join('b')
      await world.settled([a, b], PARTITIONS)

      place.took(`a second member joins although its ${name} was ${fate}`, place.now() - since)
      t.ok(await cut)
      t.same(world.faults, [])
      await world.close()
    })
  }
}
