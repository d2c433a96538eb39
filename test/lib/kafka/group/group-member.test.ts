import t, { type Test } from 'tap'
import { groupMemberSuite } from './group-member.suite.ts'
import { GroupWorld } from './group-world.ts'
import { memoryPlace } from './memory-place.ts'

groupMemberSuite(t, async () => {
  const { place } = memoryPlace()
  return place
})

/** A test with a world of its own, which ends clean. */
function test(
  name: string,
  run: (t: Test, world: GroupWorld, memory: ReturnType<typeof memoryPlace>) => Promise<void>,
): void {
  t.test(name, async (t) => {
    const memory = memoryPlace()
    const world = new GroupWorld(memory.place)
    await run(t, world, memory)
    await world.close()
    t.same(world.faults, [])
    t.equal(memory.coordinator.members.size, 0, 'none is left in the group')
    t.equal(memory.clock.pending, 0, 'no timer is left')
  })
}

test('join() asks for a longer session where a short one is not allowed', async (t, world, memory) => {
  memory.coordinator.minSessionMs = 6000
  const a = await world.join('a')
  await world.settled([a], 10)

  a.connection.stop()
  await memory.place.pass(3500)
  t.equal(a.member.mayDeliver(), true, 'two thirds of 6 s')
  await memory.place.pass(600)
  t.equal(a.member.mayDeliver(), false)
  a.connection.goOn()
})

test('join() fails at once where the group refuses', async (t, world, memory) => {
  memory.coordinator.minSessionMs = 60_000
  const since = memory.clock.now()
  const a = world.add('a')

  await t.rejects(world.done(a.member.join()), { code: 'INVALID_SESSION_TIMEOUT' })

  t.ok(memory.clock.now() - since < 100)
  t.equal(a.connection.isClosed, true)
  t.same(a.told, [])
})

test('join() fails when the group says nothing for 15 s', async (t, world, memory) => {
  const a = world.add('a')
  const b = world.add('b')
  a.connection.cut()
  b.connection.stop()
  const joining = [a.member.join(), b.member.join()]
  for (const joined of joining) joined.catch(() => undefined)

  await t.rejects(world.done(joining[0]!), { code: 'CONNECTION' })
  await t.rejects(world.done(joining[1]!), { code: 'REQUEST_TIMED_OUT' })

  t.ok(memory.clock.now() < 20_000)
})

test('join() of an owner that takes nothing fails, and leaves all to others', async (t, world) => {
  const a = world.add('a')
  a.refusals.push(new Error('not now'))

  await t.rejects(world.done(a.member.join()), { message: 'not now' })

  t.equal(a.member.held.size, 0)
  t.same(a.told, ['+0 1 2 3 4 5 6 7 8 9'], 'what was not taken is not taken away')
  const b = await world.join('b')
  await world.settled([b], 10)
})

test('partitions that the owner does not take later come again', async (t, world) => {
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], 10)
  b.refusals.push(new Error('not now'), new Error('nor now'))
  const told = b.told.length

  await world.done(a.member.leave())
  await world.until('b was asked', () => b.told.length > told)
  t.equal(b.owned.size, 5)
  t.equal(b.member.held.size, 5)
  await world.settled([b], 10)

  t.same(b.told.slice(told), ['+0 1 2 3 4', '+0 1 2 3 4', '+0 1 2 3 4'])
})

test('mayDeliver() is true for two thirds of the session after what was answered', async (t, world, memory) => {
  const a = await world.join('a')
  await world.settled([a], 10)
  a.connection.requests.length = 0
  await world.until('a heartbeat', () => a.connection.requests.length > 0)
  const sentAt = memory.clock.now()

  a.connection.cut()
  await world.until('it may not', () => !a.member.mayDeliver())

  const lasted = memory.clock.now() - sentAt
  t.ok(lasted > 1300 && lasted <= 1350, `${lasted} ms`)
  a.connection.mend()
  await world.until('it may', () => a.member.mayDeliver())
})

test('a member that lost its connection for less than its session keeps its partitions', async (t, world, memory) => {
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], 10)
  const told = [a.told.length, b.told.length]

  for (let round = 0; round < 5; round++) {
    a.connection.cut()
    await memory.place.pass(800)
    a.connection.mend()
    await world.until('it is heard', () => a.member.mayDeliver())
    await memory.place.pass(1200)
  }

  t.same([a.told.length, b.told.length], told)
})

for (const request of ['join', 'sync', 'heartbeat']) {
  for (const code of ['CONNECTION', 'NOT_COORDINATOR', 'GROUP_AUTHORIZATION_FAILED']) {
    test(`a ${request} that fails with ${code} is made again`, async (t, world, memory) => {
      const a = await world.join('a')
      await world.settled([a], 10)
      const told = a.told.length

      a.connection.failures.push({ request, code }, { request, code })
      const b = await world.join('b')
      await world.settled([a, b], 10)
      // Whatever fails later, too.
      await memory.place.pass(1000)

      t.same(a.connection.failures, [])
      t.same(a.told.slice(told), ['-5 6 7 8 9'], 'what stays is left alone')
    })
  }
}

for (const request of ['sync', 'heartbeat']) {
  for (const code of ['UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID']) {
    test(`after ${code} from a ${request} everything is given back before it joins anew`, async (t, world) => {
      const a = await world.join('a')
      await world.settled([a], 10)
      a.revokeMs = 500
      a.connection.requests.length = 0
      a.connection.failures.push({ request, code })
      const b = await world.join('b')

      await world.until('a is asked', () => a.told.at(-1)?.startsWith('-') === true)
      t.equal(a.told.at(-1), '-0 1 2 3 4 5 6 7 8 9')
      t.equal(a.member.mayDeliver(), false)
      t.ok(a.connection.requests.includes('leave'), 'nobody waits for the old member')
      await world.settled([a, b], 10)
    })
  }
}

test('a coordinator that never stops losing a member is not asked without a pause', async (t, world, memory) => {
  const a = await world.join('a')
  await world.settled([a], 10)
  const codes = Array.from({ length: 1000 }, () => 'UNKNOWN_MEMBER_ID')
  a.connection.failures.push(...codes.map((code) => ({ request: 'sync', code })))
  memory.coordinator.forgetAll()
  a.connection.requests.length = 0

  await memory.place.pass(10_000)

  t.ok(a.connection.requests.length < 60, `${a.connection.requests.length} requests in 10 s`)
  a.connection.failures.length = 0
})

test('leave() ends, whatever is under way and whoever does not answer', async (t, world, memory) => {
  const { place, coordinator } = memory
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], 10)
  // Its next join waits for b, which says nothing; its owner says nothing either.
  b.die()
  a.revokeMs = 60_000
  const c = world.add('c')
  void c.member.join().catch(() => undefined)
  await place.pass(500)

  const since = place.now()
  await world.done(Promise.all([a.member.leave(), c.member.leave()]))

  t.ok(place.now() - since <= 20_000, `${place.now() - since} ms`)
  await place.pass(60_000)
  coordinator.forgetAll()
})

test('leave() while the coordinator is away ends', async (t, world, memory) => {
  const { place, coordinator } = memory
  const a = await world.join('a')
  await world.settled([a], 10)
  coordinator.goAway()

  const since = place.now()
  await world.done(a.member.leave())

  t.ok(place.now() - since < 4000)
  t.same([...a.owned], [])
  coordinator.comeBack()
  await place.pass(3000)
})

test('a coordinator that moved meanwhile is told good-bye all the same', async (t, world, memory) => {
  const a = await world.join('a')
  a.connection.failures.push({ request: 'leave', code: 'NOT_COORDINATOR' })

  await world.done(a.member.leave())

  t.equal(memory.coordinator.members.size, 0)
})

test('a leader that cannot count the partitions divides as many as are owned', async (t, world, memory) => {
  const a = await world.join('a')
  await world.settled([a], 10)
  memory.topic.isAway = true

  const b = await world.join('b')
  await world.settled([a, b], 10)
  // The new leader never knew.
  a.die()
  await world.until('b has them', () => b.owned.size > 0 && b.owned.size === b.member.held.size)
  await memory.place.pass(3000)
  memory.topic.isAway = false
  await world.settled([b], 10)
  a.owned.clear()
  t.equal(b.owned.size, 10)
})

test('partitions that are gone are taken away', async (t, world, memory) => {
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], 10)

  memory.topic.partitions = 4
  await world.settled([a, b], 4)

  t.same([...a.owned, ...b.owned].toSorted(), [0, 1, 2, 3])
})

test('the patience with who does not give back ends', async (t, world, { place }) => {
  const a = await world.join('a')
  await world.settled([a], 10)
  a.revokeMs = 20_000
  const since = place.now()
  const b = await world.join('b')

  await place.until('b has its share', () => b.owned.size === 5)
  const waited = place.now() - since
  t.ok(waited > 9000 && waited < 12_000, `${waited} ms`)
  await place.until('a has given back', () => a.calls === 0)
  // While a still delivered from them, so did b: that is what the patience costs.
  world.faults.length = 0
  await world.settled([a, b], 10)
  a.revokeMs = 0
})

test('a member that leaves before it knows its id waits for it, so that nobody waits for the member', async (t, world, memory) => {
  const a = await world.join('a')
  await world.settled([a], 10)
  // The join waits for it until its session ends.
  a.die()
  const b = world.add('b')
  const joined = b.member.join()
  await memory.place.pass(100)

  await world.done(b.member.leave())

  t.same(b.connection.requests, ['join', 'leave'])
  t.equal(memory.coordinator.members.size, 0)
  await joined
  t.same(b.told, [])
  a.owned.clear()
})

test('whoever leads no longer does not look after the number of partitions', async (t, world, memory) => {
  const a = await world.join('a')
  const b = await world.join('b')
  await world.settled([a, b], 10)
  const [, second] = memory.coordinator.members.keys()
  memory.coordinator.leader = second ?? ''
  const c = await world.join('c')
  await world.settled([a, b, c], 10)

  memory.topic.partitions = 12
  await world.settled([a, b, c], 12)
  a.connection.requests.length = 0
  await memory.place.pass(6000)

  t.notOk(a.connection.requests.includes('join'))
})
