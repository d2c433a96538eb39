import { pino } from 'pino'
import t from 'tap'
import type { Position } from '#log/event-log.ts'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { anEvent } from '../support/an-event.ts'
import { HandGroup } from '../support/hand-group.ts'
import { aTrigger, BROKER, World } from './harness.ts'

/** Appends events with these ids to a partition, by giving each the key that leads there. */
async function appendTo(world: World, partition: number, ...ids: readonly string[]) {
  const log = world.logs.kept(BROKER)
  for (const id of ids) {
    for (let key = 0; ; key++) {
      const event = anEvent({ id, partitionkey: String(key) })
      if (log.partitionOf(event) !== partition) continue
      log.append([{ event, hops: 0 }])
      break
    }
  }
}

t.test('partitions that are added begin at their start for Triggers that were there', async (t) => {
  const world = new World(2)
  const group = new HandGroup((member) => (member === 0 ? [0, 1] : []))
  world.group = group
  const first = await world.dispatcher(aTrigger('known'))
  const second = await world.dispatcher(aTrigger('known'), aTrigger('new'))
  await appendTo(world, 1, '1')
  await world.until(() => world.client.requests.length === 1, 'the first event')
  await world.settle()

  world.logs.kept(BROKER).grow(4)
  await appendTo(world, 2, '2')
  await appendTo(world, 3, '3')
  await group.member(1).assign(2, 3)
  await appendTo(world, 2, '4')
  await world.until(() => world.client.idsTo('known').length === 4, 'all events')
  await world.until(() => world.client.idsTo('new').length === 1, 'those since it is there')
  await world.settle()

  t.same(world.client.idsTo('known').toSorted(), ['1', '2', '3', '4'])
  t.same(world.client.idsTo('new'), ['4'])
  t.equal((await world.cursors.load(BROKER, 1))?.shared.partitions, 2)
  t.match((await world.cursors.load(BROKER, 2))?.shared, { offset: 2, partitions: 4 })
  await first.close(0)
  await second.close(0)
})

t.test(
  'a Trigger that is at fault while partitions are added misses nothing in them',
  async (t) => {
    const world = new World(1)
    const group = new HandGroup(() => [0])
    world.group = group
    const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
    const dispatcher = await world.dispatcher(aTrigger('a'))
    await dispatcher.apply(world.snapshot(aTrigger('a', { readiness })))

    world.logs.kept(BROKER).grow(2)
    await appendTo(world, 1, '1')
    await group.member(0).assign(1)
    await appendTo(world, 1, '2')
    await world.settle()
    t.same(world.client.requests, [])
    await dispatcher.apply(world.snapshot(aTrigger('a')))
    await world.until(() => world.client.requests.length === 2, 'both events')

    t.same(world.client.idsTo('a'), ['1', '2'])
    await dispatcher.close(0)
  },
)

t.test(
  'the partitions of a new Broker begin at their end, whichever is opened first',
  async (t) => {
    const world = new World(3)
    await world.append(...Array.from({ length: 30 }, (_, i) => String(i)))
    const group = new HandGroup()
    world.group = group
    const dispatcher = await world.dispatcher(aTrigger('a'))

    await group.member(0).assign(2)
    await group.member(0).assign(0)
    await group.member(0).assign(1)
    for (const partition of [0, 1, 2]) await appendTo(world, partition, `new-${partition}`)
    await world.until(() => world.client.requests.length === 3, 'the new ones')

    t.same(world.client.idsTo('a').toSorted(), ['new-0', 'new-1', 'new-2'])
    await dispatcher.close(0)
  },
)

t.test('a log that is recreated while it is read starts again at its earliest event', async (t) => {
  const world = new World(2)
  const dispatcher = await world.dispatcher(aTrigger('a'), aTrigger('quiet', { paused: true }))
  await appendTo(world, 0, '1', '2', '3')
  await appendTo(world, 1, '4')
  await world.until(() => world.client.requests.length === 4, 'all')
  await world.settle()

  world.logs.kept(BROKER).recreate()
  await appendTo(world, 0, 'x')
  await appendTo(world, 1, 'y')
  await world.until(() => dispatcher.fault !== undefined, 'it is noticed')
  t.match(dispatcher.fault, /recreated/)
  await world.until(() => world.client.requests.length >= 6, 'the new events')
  await appendTo(world, 0, 'z')
  await world.until(() => world.client.idsTo('a').includes('z'), 'what comes then')

  const sent = world.client.idsTo('a').slice(4)
  t.ok(sent.includes('x'))
  t.equal(dispatcher.fault, undefined)
  t.equal((await world.cursors.load(BROKER, 0))?.triggers.get('default/quiet')?.next, 0)
  await dispatcher.close(0)
})

t.test(
  'a log that is recreated behind a failing read is not taken for the one before',
  async (t) => {
    const world = new World(1)
    const dispatcher = await world.dispatcher(aTrigger('a'))
    await world.append('1', '2')
    await world.until(() => world.client.requests.length === 2, 'all')
    await world.settle()
    let failures = 1
    world.reading = () => {
      if (failures-- > 0) throw new Error('unknown topic')
    }

    await world.append('3')
    await world.until(() => dispatcher.fault !== undefined, 'the failure')
    world.logs.kept(BROKER).recreate()
    await world.append('x', 'y', 'z', 'longer than before')
    await world.until(() => world.client.idsTo('a').includes('longer than before'), 'the last')
    await world.settle()

    t.same(world.client.idsTo('a').slice(-4), ['x', 'y', 'z', 'longer than before'])
    t.match((await world.cursors.load(BROKER, 0))?.shared, { offset: 4 })
    await dispatcher.close(0)
  },
)

t.test('a log that cannot be read for a while goes on where it was', async (t) => {
  const world = new World(2)
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1', '2')
  await world.until(() => world.client.requests.length === 2, 'both')
  let failures = 3
  world.reading = () => {
    if (failures-- > 0) throw new Error('no leader')
  }

  await world.append('3', '4', '5')
  await world.until(() => world.client.requests.length === 5, 'all')

  t.same(world.client.idsTo('a').toSorted(), ['1', '2', '3', '4', '5'])
  t.equal(dispatcher.fault, undefined)
  await dispatcher.close(0)
})

t.test('partitions that a recreated log has in addition begin at their start too', async (t) => {
  const world = new World(1)
  const group = new HandGroup(() => [0])
  world.group = group
  const first = await world.dispatcher(aTrigger('a'))
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the event')
  await first.close(0)

  const kept = world.logs.kept(BROKER)
  kept.recreate()
  kept.grow(2)
  await appendTo(world, 0, 'x')
  await appendTo(world, 1, 'y')
  const second = await world.dispatcher(aTrigger('a'))
  await group.member(1).assign(1)
  await world.until(() => world.client.requests.length === 3, 'both')

  t.same(world.client.idsTo('a').slice(1).toSorted(), ['x', 'y'])
  await second.close(0)
})

t.test(
  'start: knative-group goes on where Knative left the Trigger, and loses nothing',
  async (t) => {
    const at = (partition: number, offset: number): Position => ({ partition, offset })
    const rows: [string, readonly Position[], readonly string[]][] = [
      ['its offsets', [at(0, 1), at(1, 2)], ['a2', 'a3', 'new']],
      ['a partition without one', [at(1, 1)], ['a1', 'a2', 'a3', 'b2', 'new']],
      ['an offset beyond the end', [at(0, 99), at(1, 2)], ['a1', 'a2', 'a3', 'new']],
      ['no group at all', [], ['a1', 'a2', 'a3', 'b1', 'b2', 'new']],
    ]
    for (const [title, positions, wanted] of rows) {
      const world = new World(2)
      await world.log()
      await appendTo(world, 0, 'a1', 'a2', 'a3')
      await appendTo(world, 1, 'b1', 'b2')
      world.knativeGroups.set('default/a', positions)
      const lines: string[] = []
      const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })

      const dispatcher = new Dispatcher({ ...world.parts(), logger })
      await dispatcher.apply(world.snapshot(aTrigger('a', { start: 'knative-group' })))
      await appendTo(world, 0, 'new')
      await world.until(() => world.client.idsTo('a').length >= wanted.length, title)
      await world.settle()

      t.same(world.client.idsTo('a').toSorted(), wanted.toSorted(), title)
      t.equal(
        lines.some((line) => line.includes("Knative's consumer group")),
        positions.length === 0 || title.includes('beyond'),
      )
      await dispatcher.close(0)
    }
  },
)

t.test(
  'start: knative-group below the log is its start, and counts only without a cursor',
  async (t) => {
    const world = new World(1)
    await world.append('1', '2', '3')
    world.logs.kept(BROKER).partition(0).expire(1)
    world.knativeGroups.set('default/a', [{ partition: 0, offset: 0 }])
    const trigger = aTrigger('a', { start: 'knative-group' })
    const first = await world.dispatcher(trigger)
    await world.until(() => world.client.requests.length === 2, 'what is left')
    await world.settle()
    await first.close(0)

    const second = await world.dispatcher(trigger)
    await world.append('4')
    await world.until(() => world.client.requests.length === 3, 'the next')

    t.same(world.client.idsTo('a'), ['2', '3', '4'])
    await second.close(0)
  },
)
