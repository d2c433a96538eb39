import t from 'tap'
import { ByteBudget } from '../../services/dispatcher/byte-budget.ts'
import { HeldRecords } from '../../services/dispatcher/held-records.ts'
import type { OpenDelivery } from '../../services/dispatcher/open-delivery.ts'
import { anEvent } from '../support/an-event.ts'
import { World } from './harness.ts'

const NONE = new ByteBudget(0)
const { signal } = new AbortController()

/** A log with `count` events of 10,000 bytes, deliveries of all of them, and the records themselves. */
async function setUp(count: number) {
  const world = new World()
  const data = 'x'.repeat(10_000)
  await world.appendRecords(
    Array.from({ length: count }, (_, i) => ({ event: anEvent({ id: String(i) }, data), hops: 0 })),
  )
  let reads = 0
  world.reading = () => {
    reads++
  }
  const log = world.watched(await world.log())
  const options = { maxBytes: 1e9, waitMs: 0, signal }
  const [read] = await (await world.log()).read([{ partition: 0, offset: 0 }], options)
  const records = read?.records ?? []
  const open = new Map<number, OpenDelivery>()
  for (const { offset } of records) open.set(offset, anOpenDelivery(offset))
  return { world, log, records, open, reads: () => reads }
}

function anOpenDelivery(offset: number): OpenDelivery {
  return { offset, key: undefined, record: undefined, heldBy: undefined, failure: undefined }
}

t.test('ByteBudget gives what is left, and takes back', async (t) => {
  const budget = new ByteBudget(10)
  t.equal(budget.take(7), true)
  t.equal(budget.take(4), false)
  t.equal(budget.take(3), true)
  budget.give(7)
  t.equal(budget.take(7), true)
})

t.test('events are kept as far as the budget goes, and what is dropped makes room', async (t) => {
  const { log, records, open } = await setUp(50)
  const budget = new ByteBudget(200_000)
  const held = new HeldRecords(log, 0, budget)
  for (const record of records) held.hold(open.get(record.offset) as OpenDelivery, record)
  const kept = [...open.values()].filter((delivery) => delivery.record !== undefined)
  t.ok(kept.length > 20 && kept.length < 30, `${kept.length} are kept`)
  for (const delivery of open.values()) held.drop(delivery)
  for (const delivery of open.values()) held.drop(delivery)
  t.ok(kept.every((delivery) => delivery.record === undefined))
  t.ok(budget.take(200_000), 'nothing is charged any more')
  t.notOk(budget.take(1), 'and nothing was given back twice')
})

t.test('a Trigger keeps a few events even when others have used up the budget', async (t) => {
  const { log, open, reads } = await setUp(5)
  const held = new HeldRecords(log, 0, NONE)
  for (const delivery of open.values()) {
    const record = await held.load(delivery, open, signal)
    t.equal(record?.offset, delivery.offset)
    held.drop(delivery)
  }
  t.equal(reads(), 1)
})

t.test('loads of the same moment share a read', async (t) => {
  const { log, open, reads } = await setUp(5)
  const held = new HeldRecords(log, 0, new ByteBudget(1e6))
  const all = [...open.values()]
  const loaded = await Promise.all(all.map((delivery) => held.load(delivery, open, signal)))
  t.same(
    loaded.map((record) => record?.offset),
    [0, 1, 2, 3, 4],
  )
  t.equal(reads(), 1)
})

t.test('an event that retention took is gone', async (t) => {
  const { world, log, open } = await setUp(2)
  world.clock.advance(8 * 24 * 60 * 60 * 1000)
  await world.append('new')
  const held = new HeldRecords(log, 0, NONE)
  t.equal(await held.load(open.get(0) as OpenDelivery, open, signal), undefined)
})

t.test('a read that brings nothing is not taken for an event that is gone', async (t) => {
  const { log, open } = await setUp(1)
  let isEmpty = true
  const slow = {
    ...log,
    read: async (...[from, options]: Parameters<typeof log.read>) =>
      isEmpty
        ? [{ partition: 0, records: [], next: from[0]?.offset ?? 0, start: 0, mark: '' }]
        : log.read(from, options),
  }
  const held = new HeldRecords(slow, 0, NONE)
  const delivery = open.get(0) as OpenDelivery
  await t.rejects(held.load(delivery, open, signal), /offset 0/)
  isEmpty = false
  t.equal((await held.load(delivery, open, signal))?.offset, 0)
})

t.test('a read that fails is asked for again', async (t) => {
  const { world, log, open } = await setUp(1)
  world.reading = () => {
    throw new Error('damaged')
  }
  const held = new HeldRecords(log, 0, NONE)
  const delivery = open.get(0) as OpenDelivery
  const both = await Promise.allSettled([
    held.load(delivery, open, signal),
    held.load(delivery, open, signal),
  ])
  t.same(
    both.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  world.reading = () => {}
  t.equal((await held.load(delivery, open, signal))?.offset, 0)
})
