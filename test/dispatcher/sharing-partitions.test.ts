import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { CursorChange, Cursors } from '#cursors/cursors.ts'
import type { Trigger } from '#triggers/trigger.ts'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { HandGroup } from '../support/hand-group.ts'
import { aBroker, aTrigger, BROKER, fail, succeed, World } from './harness.ts'

/** A world of partitions that are assigned by hand, and a dispatcher that begins with some of them. */
async function aShare(partitions: number, first: readonly number[], ...triggers: Trigger[]) {
  const world = new World(partitions)
  const group = new HandGroup((member) => (member === 0 ? first : []))
  world.group = group
  const dispatcher = await aProcess(world, world.cursors, ...triggers)
  return { world, group, member: group.member(0), dispatcher }
}

async function aProcess(world: World, cursors: Cursors, ...triggers: Trigger[]) {
  const dispatcher = new Dispatcher({ ...world.parts(cursors), graceMs: 500 })
  await dispatcher.apply(world.snapshot(...triggers))
  return dispatcher
}

/** The world's cursors, in the test's hand: each call is seen and can be held up. */
class HandCursors implements Cursors {
  readonly #world: World
  readonly saves: { partition: number; change: CursorChange }[] = []
  readonly loads: number[] = []
  onLoad: (partition: number) => unknown = () => {}
  onSave: (partition: number) => unknown = () => {}
  contested = new Set<number>()

  constructor(world: World) {
    this.#world = world
  }

  async load(broker: string, partition: number) {
    this.loads.push(partition)
    await this.onLoad(partition)
    return this.#world.cursors.load(broker, partition)
  }

  async save(broker: string, partition: number, change: CursorChange) {
    this.saves.push({ partition, change })
    await this.onSave(partition)
    await this.#world.cursors.save(broker, partition, change)
    return { contested: this.contested.delete(partition) }
  }

  async close(): Promise<void> {}

  of(partition: number): readonly CursorChange[] {
    return this.saves.filter((save) => save.partition === partition).map(({ change }) => change)
  }
}

const ids = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => String(from + i))

t.test(
  'processes share the partitions, and hand them over without a loss or a repeat',
  async (t) => {
    const { world, group, dispatcher: first } = await aShare(4, [0, 1, 2, 3], aTrigger('a'))
    const second = await aProcess(world, world.cursors, aTrigger('a'))
    await world.append(...ids(0, 40))
    await world.until(() => world.client.requests.length === 40, 'the first has all')
    t.match(await second.statuses(), [{ readiness: { ready: true }, state: 'standing', lag: 0 }])

    await group.member(0).revoke(2, 3)
    await world.append(...ids(40, 80))
    await group.member(1).assign(2, 3)
    await world.until(() => world.client.requests.length === 80, 'both have their share')
    await first.close(0)
    await group.member(1).assign(0, 1)
    await world.append(...ids(80, 120))
    await world.until(() => world.client.requests.length === 120, 'the second has all')

    t.same(new Set(world.client.idsTo('a')), new Set(ids(0, 120)))
    t.equal(group.member(0).hasLeft, true)
    await second.close(0)
  },
)

t.test('a revoked partition lets attempts end, begins none, and saves their ends', async (t) => {
  const { world, member, dispatcher } = await aShare(1, [0], aTrigger('a', { maxInFlight: 1 }))
  let end = () => {}
  world.client.answer = () => new Promise((resolve) => (end = () => resolve(succeed)))
  await world.append('1', '2')
  await world.until(() => world.client.requests.length === 1, 'an attempt')

  let isRevoked = false
  const revoked = member.revoke(0).then(() => (isRevoked = true))
  await world.append('3')
  await world.settle()
  t.equal(isRevoked, false)
  end()
  await revoked

  t.same(world.client.idsTo('a'), ['1'])
  const saved = await world.cursors.load(BROKER, 0)
  t.same(saved?.triggers.get('default/a')?.open, [1])
  t.equal(saved?.shared.offset, 2, 'the third was not taken any more')
  await dispatcher.close(0)
})

t.test('the end waits for a partition that is still being handed over', async (t) => {
  const { world, member, dispatcher } = await aShare(1, [0], aTrigger('a'))
  let end = () => {}
  world.client.answer = () => new Promise((resolve) => (end = () => resolve(succeed)))
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'an attempt')

  const revoked = member.revoke(0)
  const closed = dispatcher.close(0)
  await world.settle()
  end()
  await closed

  t.same((await world.cursors.load(BROKER, 0))?.triggers.get('default/a')?.open, [])
  await revoked
})

t.test('a revoked partition is handed over when the grace is over', async (t) => {
  const { world, group, member, dispatcher } = await aShare(1, [0], aTrigger('a'))
  const second = await aProcess(world, world.cursors, aTrigger('a'))
  world.client.answer = () => new Promise(() => {})
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'an attempt that hangs')

  await member.revoke(0)
  world.client.answer = () => succeed
  await group.member(1).assign(0)
  await world.until(() => world.client.requests.length === 2, 'the other process delivers it')
  t.same(world.client.idsTo('a'), ['1', '1'])
  await dispatcher.close(0)
  await second.close(0)
})

t.test('a partition may be revoked while it is opened, and assigned again at once', async (t) => {
  const world = new World(1)
  await (await world.dispatcher(aTrigger('a'))).close(0)
  await world.append('1')
  const group = new HandGroup()
  world.group = group
  const cursors = new HandCursors(world)
  const dispatcher = await aProcess(world, cursors, aTrigger('a'))
  const member = group.member(0)
  let letGo = () => {}
  cursors.onLoad = () => new Promise<void>((resolve) => (letGo = resolve))

  const assigned = member.assign(0)
  await turn()
  await member.revoke(0)
  await assigned
  t.equal(cursors.loads.length, 1)
  letGo()
  await world.settle()
  t.same(cursors.saves, [], 'who has lost it says nothing about it')
  t.same(world.client.requests, [])

  cursors.onLoad = () => {}
  const again = [member.assign(0), member.revoke(0), member.assign(0)]
  await Promise.all(again)
  await world.until(() => world.client.requests.length === 1, 'the event')
  await dispatcher.close(0)
})

t.test('a partition that comes back is opened when it has been saved', async (t) => {
  const { world, member, dispatcher: other } = await aShare(1, [], aTrigger('b'))
  const cursors = new HandCursors(world)
  const dispatcher = await aProcess(world, cursors, aTrigger('a'))
  const owner = (world.group as HandGroup).member(1)
  await owner.assign(0)
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the event')
  let letGo = () => {}
  cursors.onSave = () => new Promise<void>((resolve) => (letGo = resolve))
  cursors.loads.length = 0

  const revoked = owner.revoke(0)
  await world.settle()
  const assigned = owner.assign(0)
  await world.settle()
  t.same(cursors.loads, [])
  cursors.onSave = () => {}
  letGo()
  await Promise.all([revoked, assigned])
  await world.append('2')
  await world.until(() => world.client.requests.length === 2, 'the second event')

  t.same(world.client.idsTo('a'), ['1', '2'])
  t.same([...member.held], [])
  await dispatcher.close(0)
  await other.close(0)
})

t.test('a partition that cannot be opened is tried again, and the others deliver', async (t) => {
  const world = new World(2)
  const group = new HandGroup()
  world.group = group
  const cursors = new HandCursors(world)
  const dispatcher = await aProcess(world, cursors, aTrigger('a'))
  let failures = 3
  cursors.onLoad = (partition) => {
    if (partition === 1 && failures-- > 0) throw new Error('no leader')
  }

  await group.member(0).assign(0, 1)
  t.match(dispatcher.fault, /no leader/)
  await world.append(...ids(0, 20))
  const others = (await (await world.log()).bounds())[0]?.end ?? 0
  await world.until(() => world.client.requests.length === others, 'the other partition')
  await world.until(() => dispatcher.fault === undefined, 'the partition is open')
  await world.append(...ids(20, 40))
  await world.until(() => world.client.idsTo('a').some((id) => Number(id) >= 20), 'the rest')
  await dispatcher.close(0)
})

t.test(
  'no attempt begins while the membership forbids it; then it goes on within 100 ms',
  async (t) => {
    const { world, member, dispatcher } = await aShare(1, [0], aTrigger('a'))
    await world.append('1')
    await world.until(() => world.client.requests.length === 1, 'the first')

    member.may = false
    await world.append('2')
    await world.settle()
    t.same(world.client.idsTo('a'), ['1'])
    t.match(await dispatcher.statuses(), [{ open: 1, inFlight: 0 }])
    member.may = true
    world.clock.advance(100)
    await world.until(() => world.client.requests.length === 2, 'the second')

    await dispatcher.close(0)
    t.equal(world.clock.pending, 0)
  },
)

t.test(
  'an event that is read again for its attempt waits too, when the membership is lost meanwhile',
  async (t) => {
    const { world, member, dispatcher } = await aShare(1, [0], aTrigger('a'))
    let letGo = () => {}
    world.client.answer = () => fail()
    const delivery = { ...aTrigger('x').delivery, retry: 1, backoffDelayMs: 1000 }
    await dispatcher.apply(world.snapshot(aTrigger('a', { delivery })))
    await world.append('1')
    await world.until(() => world.client.requests.length === 1, 'an attempt that fails')
    await world.settle()
    world.client.answer = () => succeed
    world.reading = ({ offset }) =>
      offset === 0 ? new Promise<void>((resolve) => (letGo = resolve)) : undefined

    world.clock.advance(1000)
    await turn()
    member.may = false
    letGo()
    await world.settle()
    t.equal(world.client.requests.length, 1)
    world.reading = () => {}
    member.may = true
    await world.until(() => world.client.requests.length === 2, 'the second attempt')

    t.match(await dispatcher.statuses(), [{ open: 0 }])
    await dispatcher.close(0)
  },
)

t.test('deliveries wait until the membership is known', async (t) => {
  const world = new World(1)
  await (await world.dispatcher(aTrigger('a'))).close(0)
  await world.append('1')
  const group = new HandGroup(() => [0])
  let join = () => {}
  const joining = new Promise<void>((resolve) => (join = resolve))
  world.group = group
  const joined = group.join.bind(group)
  group.join = async (owner) => {
    const membership = await joined(owner)
    await joining
    return membership
  }

  const starting = aProcess(world, world.cursors, aTrigger('a'))
  await world.settle()
  t.same(world.client.requests, [])
  join()
  const dispatcher = await starting
  for (let turns = 0; turns < 20; turns++) await turn()
  t.equal(world.client.requests.length, 1, 'at once')
  await dispatcher.close(0)
})

t.test(
  'who takes over a partition says at once all that is known of it, as one change',
  async (t) => {
    const world = new World(1)
    const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
    const delivery = { ...aTrigger('x').delivery, retry: 5, backoffDelayMs: 60_000 }
    const triggers = [aTrigger('failing', { delivery }), aTrigger('faulty'), aTrigger('gone')]
    world.client.answer = ({ destination }) =>
      destination === 'http://failing/' ? fail() : succeed
    const before = await world.dispatcher(...triggers)
    await world.append('1')
    await world.until(() => world.client.requests.length === 3, 'all')
    await world.settle()
    await before.close(0)
    const cursors = new HandCursors(world)

    const dispatcher = await aProcess(
      world,
      cursors,
      aTrigger('failing', { delivery }),
      aTrigger('faulty', { readiness }),
    )

    t.equal(cursors.saves.length, 1)
    const [change] = cursors.of(0)
    t.match(change?.shared, { offset: 1, partitions: 1 })
    t.same(
      new Set(change?.triggers?.keys()),
      new Set(['default/failing', 'default/faulty', 'default/gone']),
    )
    t.equal(change?.triggers?.get('default/faulty')?.next, 1)
    t.match(change?.failures, [{ trigger: 'default/failing', offset: 0, failure: { count: 1 } }])
    await dispatcher.close(0)
  },
)

t.test('a contested save is answered once, with all that is known', async (t) => {
  const world = new World(2)
  const cursors = new HandCursors(world)
  const delivery = { ...aTrigger('x').delivery, retry: 5, backoffDelayMs: 60_000 }
  world.client.answer = ({ destination }) => (destination === 'http://failing/' ? fail() : succeed)
  const triggers = [aTrigger('failing', { delivery }), aTrigger('quiet', { paused: true })]
  const dispatcher = await aProcess(world, cursors, ...triggers)
  await world.append('1', '2', '3', '4')
  await world.until(() => world.client.requests.length === 4, 'all have failed')
  await world.settle()
  const offset = (await world.cursors.load(BROKER, 0))?.shared.offset ?? 0
  const failures = (await world.cursors.load(BROKER, 0))?.failures.get('default/failing')
  t.ok(offset > 0 && offset < 4, 'both partitions have something')
  cursors.saves.length = 0

  cursors.contested.add(0)
  await dispatcher.apply(world.snapshot(...triggers.slice(0, 1), aTrigger('quiet')))
  await world.settle()

  const [contested, answer, ...more] = cursors.of(0)
  t.notOk(contested?.triggers?.has('default/failing'), 'the save that was contested says little')
  t.match(answer?.shared, { offset })
  t.same(new Set(answer?.triggers?.keys()), new Set(['default/failing', 'default/quiet']))
  t.same(new Set(answer?.failures?.map((each) => each.offset)), new Set(failures?.keys()))
  t.same(
    more.filter((change) => change.shared !== undefined),
    [],
  )
  t.notOk(
    cursors.of(1).some((change) => change.shared !== undefined),
    'the other partition was not contested',
  )
  await dispatcher.close(0)
})

t.test('a Broker whose partitions nobody assigns holds up no other, nor the end', async (t) => {
  const world = new World(1)
  const group = new HandGroup(() => [0])
  const joined = group.join.bind(group)
  let join = () => {}
  const joining = new Promise<void>((resolve) => (join = resolve))
  let leave = 0
  group.join = async (owner) => {
    await joining
    const membership = await joined(owner)
    return {
      mayDeliver: () => true,
      leave: async () => {
        leave++
        await membership.leave()
        throw new Error('The coordinator is gone')
      },
    }
  }
  world.group = group

  const dispatcher = new Dispatcher(world.parts())
  let isApplied = false
  const applied = dispatcher.apply(world.snapshot(aTrigger('a'))).then(() => (isApplied = true))
  await world.settle()
  t.equal(isApplied, false)
  world.clock.advance(5000)
  await applied
  t.match(dispatcher.fault, /not said yet which partitions/)
  await dispatcher.apply({ brokers: [aBroker()], triggers: [] })

  await dispatcher.close(0)
  t.equal(world.clock.pending, 0)
  join()
  await world.until(() => leave === 1, 'it leaves a group that it joined too late')
  t.same([...group.member(0).held], [])
})

t.test('a share that is refused is asked for again', async (t) => {
  const world = new World(1)
  const group = new HandGroup(() => [0])
  const joined = group.join.bind(group)
  let refusals = 2
  group.join = async (owner) => {
    if (refusals-- <= 0) return joined(owner)
    await owner.assigned([0])
    throw new Error('no coordinator')
  }
  world.group = group

  const dispatcher = await aProcess(world, world.cursors, aTrigger('a'))
  t.match(dispatcher.fault, /no coordinator/)
  await world.until(() => dispatcher.fault === undefined, 'it has joined')
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the event')
  await dispatcher.close(0)
})

t.test('statuses are told without the log too', async (t) => {
  const { world, dispatcher } = await aShare(1, [0], aTrigger('a', { paused: true }))
  await world.append('1', '2')
  await world.until(async () => (await dispatcher.statuses())[0]?.lag === 2, 'the lag')
  const log = await world.log()
  log.bounds = () => Promise.reject(new Error('no broker'))

  t.match(await dispatcher.statuses(), [{ lag: 2, state: 'standing' }])
  await dispatcher.close(0)
})

t.test('a partition that is revoked in any turn of its opening is not read', async (t) => {
  for (let turns = 0; turns < 25; turns++) {
    const world = new World()
    world.group = new HandGroup()
    const cursors = new HandCursors(world)
    const dispatcher = await aProcess(world, cursors, aTrigger('a'))
    const member = world.group.member(0)
    const save = cursors.save.bind(cursors)
    let revoked: Promise<void> | undefined
    cursors.save = async (...args) => {
      const saved = await save(...args)
      revoked ??= (async () => {
        for (let i = 0; i < turns; i++) await undefined
        await member.revoke(0)
      })()
      return saved
    }

    await member.assign(0)
    await revoked
    await world.settle()
    let reads = 0
    world.reading = () => void reads++
    await world.append('1')
    await world.settle()

    t.equal(reads, 0, `after ${turns} turns`)
    await dispatcher.close(0)
  }
})
