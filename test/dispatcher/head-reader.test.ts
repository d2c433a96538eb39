import { setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import t, { type Test } from 'tap'
import type { EventLog, PartitionRead, Position, ReadOptions } from '#log/event-log.ts'
import { MemoryEventLogs } from '#log/memory/memory-event-logs.ts'
import { type Head, HeadReader } from '../../services/dispatcher/head-reader.ts'
import { anEvent } from '../support/an-event.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { BROKER } from './harness.ts'

/** One partition that only notes what it is given. */
class NotingHead implements Head {
  readonly id: number
  readonly ids: string[] = []
  shared = { offset: 0, mark: '' }
  isCrowded = false
  losses = 0
  fullReads = 0

  constructor(id: number) {
    this.id = id
  }

  take(read: PartitionRead, isFull: boolean): void {
    this.ids.push(...read.records.map(({ event }) => String(event.attributes.get('id'))))
    this.shared = { offset: read.next, mark: read.mark }
    if (isFull) this.fullReads++
  }

  lost(): void {
    this.losses++
  }
}

interface Call {
  readonly from: readonly Position[]
  readonly options: ReadOptions
}

/** A reader of a log with three partitions, whose reads are noted and can be made to fail. */
async function setUp(t: Test) {
  const clock = new FakeClock()
  const logs = new MemoryEventLogs({ partitions: 3, clock })
  const inner = await logs.open(BROKER, { ageMs: 1e12, bytes: undefined })
  const kept = logs.kept(BROKER)
  const calls: Call[] = []
  const faults: Error[] = []
  const log = Object.create(inner, {}) as EventLog
  log.read = async (from, options) => {
    calls.push({ from, options })
    const fault = faults.shift()
    if (fault !== undefined) throw fault
    return inner.read(from, options)
  }
  log.recognises = (position, mark) => inner.recognises(position, mark)
  const reader = new HeadReader({ log, clock, logger: pino({ level: 'silent' }) })
  const heads = [0, 1, 2].map((id) => new NotingHead(id)) as [NotingHead, NotingHead, NotingHead]
  t.teardown(() => {
    for (const head of heads) reader.remove(head)
  })
  const append = (partition: number, ...ids: readonly string[]) => {
    const time = clock.now()
    for (const id of ids)
      kept.partition(partition).append({ event: anEvent({ id }), hops: 0 }, time)
    kept.waiters.wake()
  }
  return { clock, kept, reader, heads, calls, faults, append }
}

async function rest(): Promise<void> {
  for (let turns = 0; turns < 20; turns++) await turn()
}

t.test('HeadReader reads all partitions in one call, each from its own place', async (t) => {
  const { reader, heads, calls, append } = await setUp(t)
  append(0, 'a')
  append(1, 'b', 'c')
  heads[1].shared = { offset: 1, mark: '' }
  for (const head of heads) reader.add(head)
  await rest()

  t.same(
    heads.map(({ ids }) => ids),
    [['a'], ['c'], []],
  )
  const last = calls.at(-1)
  t.same(last?.from, [
    { partition: 0, offset: 1 },
    { partition: 1, offset: 2 },
    { partition: 2, offset: 0 },
  ])
  const before = calls.length
  append(2, 'd')
  await rest()
  t.same(heads[2].ids, ['d'])
  t.equal(calls.length, before + 1, 'one call waits for all')
})

t.test('HeadReader takes in and leaves out partitions while a read waits', async (t) => {
  const { clock, reader, heads, calls, append } = await setUp(t)
  reader.add(heads[0])
  await rest()
  reader.add(heads[1])
  await rest()
  t.ok(calls[0]?.options.signal.aborted, 'the read without it is over')
  append(1, 'b')
  await rest()
  t.same(heads[1].ids, ['b'])

  reader.remove(heads[0])
  append(0, 'a')
  await rest()
  t.same(heads[0].ids, [])
  reader.remove(heads[1])
  await rest()
  const before = calls.length
  append(1, 'c')
  clock.advance(10_000)
  await rest()
  t.equal(calls.length, before, 'nothing is read for nobody')
  t.equal(clock.pending, 0)

  reader.add(heads[1])
  await rest()
  t.same(heads[1].ids, ['b', 'c'])
})

t.test('what was read for a partition that is gone meanwhile does not reach it', async (t) => {
  const { reader, heads, append } = await setUp(t)
  for (const head of heads) reader.add(head)
  await rest()

  append(0, 'a')
  append(1, 'b')
  heads[0].take = () => reader.remove(heads[1])
  await rest()

  t.same(heads[1].ids, [])
})

t.test(
  'a crowded partition is left out until it is not, and the others are read often',
  async (t) => {
    const { clock, reader, heads, calls, append } = await setUp(t)
    for (const head of heads) reader.add(head)
    await rest()
    heads[0].isCrowded = true
    append(1, 'b')
    await rest()
    append(0, 'a')
    await rest()
    t.same(
      calls.at(-1)?.from.map(({ partition }) => partition),
      [1, 2],
    )
    t.equal(calls.at(-1)?.options.waitMs, 20)

    heads[0].isCrowded = false
    reader.wake()
    clock.advance(20)
    await rest()
    t.same(heads[0].ids, ['a'])
    t.equal(calls.at(-1)?.options.waitMs, 1000)
  },
)

t.test('when all are crowded, nothing is read until one is not', async (t) => {
  const { clock, reader, heads, calls, append } = await setUp(t)
  heads[0].isCrowded = true
  reader.add(heads[0])
  append(0, 'a')
  clock.advance(10_000)
  await rest()
  t.equal(calls.length, 0)

  heads[0].isCrowded = false
  reader.wake()
  await rest()
  t.same(heads[0].ids, ['a'])
})

t.test('a full read is told from the live end of the log', async (t) => {
  const { reader, heads, append } = await setUp(t)
  append(0, ...Array.from({ length: 600 }, (_, i) => String(i)))
  append(1, 'a')
  for (const head of heads) reader.add(head)
  await rest()

  t.equal(heads[0].ids.length, 600)
  t.ok(heads[0].fullReads >= 1)
  t.equal(heads[1].fullReads, 0)
})

t.test(
  'a read that fails is a fault, tried again after a second, and each place is checked',
  async (t) => {
    const { clock, kept, reader, heads, calls, faults, append } = await setUp(t)
    for (const head of heads) reader.add(head)
    append(0, 'a')
    append(1, 'b')
    await rest()
    faults.push(new Error('no broker'))
    append(0, 'c')
    await rest()
    t.same(heads[0].ids, ['a', 'c'])
    t.equal(reader.fault, 'no broker')
    const before = calls.length
    append(1, 'd')
    clock.advance(999)
    await rest()
    t.equal(calls.length, before)
    clock.advance(1)
    await rest()
    t.same(heads[1].ids, ['b', 'd'])
    t.equal(reader.fault, undefined)
    t.equal(heads[1].losses, 0)

    faults.push(new Error('no topic'))
    append(1, 'e')
    await rest()
    kept.recreate()
    clock.advance(1000)
    await rest()
    t.same(
      heads.map(({ losses }) => losses),
      [1, 1, 1],
    )
  },
)
