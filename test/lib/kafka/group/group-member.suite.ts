import type { Test } from 'tap'
import { type GroupPlace, GroupWorld } from './group-world.ts'

/** A topic, a group and a coordinator that a test has for itself. */
export interface GroupFixture extends GroupPlace {
  readonly partitions: number
  /** The topic gets more partitions. */
  grow(count: number): Promise<void>
  /** The coordinator is away; resolves with how it comes back. */
  breakDown(): Promise<() => Promise<void>>
  /** Says how long something took, where that means anything. */
  took(what: string, ms: number): void
}

/** Declares what a group must be like, whichever coordinator it has. */
export function groupMemberSuite(t: Test, fixture: (t: Test) => Promise<GroupFixture>): void {
  const test = (name: string, run: (t: Test, world: GroupWorld, place: GroupFixture) => unknown) =>
    t.test(name, async (t) => {
      const place = await fixture(t)
      const world = new GroupWorld(place)
      try {
        await run(t, world, place)
      } finally {
        await world.close()
      }
      t.same(world.faults, [], 'no partition had two members')
      t.same(
        world.members.flatMap(({ owned }) => [...owned]),
        [],
        'all was given back',
      )
    })
  sharing(test)
  leaving(test)
  losing(test)
  growing(test)
}

type Declare = (
  name: string,
  run: (t: Test, world: GroupWorld, place: GroupFixture) => unknown,
) => void

function sharing(test: Declare): void {
  test('the only member has all partitions', async (t, world, place) => {
    const a = await world.join('a')

    await world.settled([a], place.partitions)
    t.equal(a.member.mayDeliver(), true)
    t.same([...a.member.held].toSorted(), [...a.owned].toSorted())
  })

  test('a second and a third member get their share, and nothing else moves', async (t, world, place) => {
    const a = await world.join('a')
    await world.settled([a], place.partitions)

    const since = place.now()
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)
    place.took('a second member joins, balanced', place.now() - since)
    const kept = new Set([...a.owned, ...b.owned])
    const before = { a: new Set(a.owned), b: new Set(b.owned) }
    const c = await world.join('c')
    await world.settled([a, b, c], place.partitions)

    t.equal(kept.size, place.partitions)
    t.ok(a.owned.isSubsetOf(before.a), 'a got nothing new')
    t.ok(b.owned.isSubsetOf(before.b), 'b got nothing new')
    t.equal(c.owned.size, Math.floor(place.partitions / 3))
  })

  test('members that come all at once share', async (t, world, place) => {
    const members = ['a', 'b', 'c', 'd'].map((name) => world.add(name))

    await world.done(Promise.all(members.map(({ member }) => member.join())))
    await world.settled(members, place.partitions)
    t.pass()
  })

  test('more members than partitions leave some with none', async (t, world, place) => {
    const members = []
    for (let i = 0; i <= place.partitions; i++) members.push(await world.join(`m${i}`))

    await world.settled(members, place.partitions)
    t.ok(members.some(({ owned }) => owned.size === 0))
  })

  test('whoever takes long to give back holds up neither heartbeats nor others', async (t, world, place) => {
    const a = await world.join('a')
    await world.settled([a], place.partitions)
    a.revokeMs = 2500
    const b = await world.join('b')

    await world.until('a is asked', () => a.told.length > 1)
    await place.pass(1500)
    t.equal(a.member.mayDeliver(), true)
    t.equal(b.owned.size, 0)
    const c = await world.join('c')
    await world.settled([a, b, c], place.partitions)
    a.revokeMs = 0
  })
}

function leaving(test: Declare): void {
  test('a member that leaves hands over within a heartbeat', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)

    const since = place.now()
    await world.done(a.member.leave())
    t.equal(a.member.mayDeliver(), false)
    t.same([...a.owned], [])
    await world.settled([b], place.partitions)

    const waited = place.now() - since
    place.took('a member leaves, the other one has all', waited)
    t.ok(waited < 1500, `${waited} ms`)
    const told = a.told.length
    await world.done(a.member.leave())
    t.equal(a.told.length, told, 'once is enough')
  })

  test('a member that leaves while it gives back, or joins, leaves in good order', async (t, world, place) => {
    const a = await world.join('a')
    a.revokeMs = 1000
    const b = world.add('b')
    const joined = b.member.join()
    await world.until('a is asked', () => a.told.length > 1)

    await world.done(Promise.all([a.member.leave(), b.member.leave(), joined]))

    t.equal(a.calls, 0)
    const c = await world.join('c')
    await world.settled([c], place.partitions)
  })

  test('a member that has left does not join', async (t, world) => {
    const a = world.add('a')
    await world.done(a.member.leave())

    await world.done(a.member.join())

    t.same(a.told, [])
    t.same(a.connection.requests, [])
  })
}

function losing(test: Declare): void {
  test('a member that dies is missed after its session', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)

    const since = place.now()
    a.die()
    await world.settled([b], place.partitions)

    const waited = place.now() - since
    place.took('a member dies, the other one has all', waited)
    t.ok(waited < 3500, `${waited} ms`)
    a.owned.clear()
  })

  test('a member that was stopped gives everything back, and comes again', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)

    a.connection.stop()
    await world.settled([b], place.partitions)
    t.equal(a.member.mayDeliver(), false)
    const told = a.told.length
    a.connection.goOn()
    await world.settled([a, b], place.partitions)

    t.match(a.told[told], /^-/, 'all is taken away before anything new comes')
    t.equal(a.told[told]?.split(' ').length, Math.ceil(place.partitions / 2))
  })

  test('a short stop costs nothing', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)
    const told = a.told.length

    a.connection.stop()
    await place.pass(700)
    a.connection.goOn()
    await place.pass(1000)

    t.equal(a.told.length, told)
    t.equal(a.member.mayDeliver(), true)
    t.equal(b.member.mayDeliver(), true)
  })

  test('a leader that dies before it has said who gets what is missed', async (t, world, place) => {
    const a = await world.join('a')
    await world.settled([a], place.partitions)
    a.connection.requests.length = 0
    const joins = () => a.connection.requests.filter((request) => request === 'join').length

    const b = world.add('b')
    const joined = b.member.join()
    // The answer to its join is the last that it sees.
    await world.until('a joins again', () => joins() > 0)
    a.die()
    await world.done(joined)
    await world.settled([b], place.partitions)
    a.owned.clear()
    t.equal(b.owned.size, place.partitions)
  })

  test('while the coordinator is away nothing is delivered, and nothing given back', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)
    const told = [a.told.length, b.told.length]

    const comeBack = await place.breakDown()
    await world.until(
      'they may not deliver',
      () => !a.member.mayDeliver() && !b.member.mayDeliver(),
    )
    t.same([a.told.length, b.told.length], told)
    await comeBack()
    const since = place.now()
    await world.settled([a, b], place.partitions)

    place.took('the coordinator is back, both deliver', place.now() - since)
  })
}

function growing(test: Declare): void {
  test('partitions that are added are found, and shared', async (t, world, place) => {
    const a = await world.join('a')
    const b = await world.join('b')
    await world.settled([a, b], place.partitions)
    const since = place.now()
    const before = [new Set(a.owned), new Set(b.owned)]

    await place.grow(place.partitions + 3)
    await world.settled([a, b], place.partitions + 3)

    place.took('added partitions are assigned', place.now() - since)
    t.ok(before[0]!.isSubsetOf(a.owned) && before[1]!.isSubsetOf(b.owned), 'nothing moved')
  })
}
