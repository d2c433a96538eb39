import t from 'tap'
import type { CloudEvent } from '#events/event.ts'
import { Dedup } from '../../services/gateway/dedup.ts'
import { RecentIds } from '../../services/gateway/recent-ids.ts'
import { anEvent } from '../support/an-event.ts'
import { FakeClock } from '../support/fake-clock.ts'

interface Item {
  readonly event: CloudEvent
}

const SHOP = { key: 'default/shop', dedupWindowMs: 300_000 }
const KEY = Buffer.from('0123456789abcdef')

const item = (id: string, source = '/test'): Item => ({ event: anEvent({ id, source }) })

/** A dedup, its clock, and a log that notes what it was given. */
function setUp() {
  const clock = new FakeClock()
  const dedup = new Dedup(new RecentIds(KEY, 100), clock)
  const appended: string[][] = []
  const append = async (items: readonly Item[]) => {
    appended.push(items.map(({ event }) => String(event.attributes.get('id'))))
  }
  return { clock, dedup, appended, append }
}

/** An append that ends when the test says so. */
function heldAppend() {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  return { append: () => promise, resolve, reject }
}

/** What a promise is by the time all that can go on has gone on. */
async function stateOf(promise: Promise<unknown>): Promise<string> {
  const pending = new Promise((resolve) => setImmediate(resolve, 'pending'))
  return Promise.race([promise, pending]).then(
    (value) => (value === 'pending' ? 'pending' : 'fulfilled'),
    () => 'rejected',
  )
}

t.test('admit() appends a new event and remembers it when that has succeeded', async (t) => {
  const { dedup, appended, append } = setUp()

  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 1)

  t.strictSame(appended, [['1']])
})

t.test('admit() tells events apart by source, by id and by Broker', async (t) => {
  const { dedup, appended, append } = setUp()
  const other = { ...SHOP, key: 'default/other' }
  await dedup.admit(SHOP, [item('1')], append)

  t.equal((await dedup.admit(SHOP, [item('2')], append)).length, 0)
  t.equal((await dedup.admit(SHOP, [item('1', '/else')], append)).length, 0)
  t.equal((await dedup.admit(other, [item('1')], append)).length, 0)

  t.equal(appended.length, 4)
})

t.test('admit() gives the append what it was given itself', async (t) => {
  const { dedup, append } = setUp()
  await dedup.admit(SHOP, [item('2')], append)
  const items = [item('1'), item('2'), item('3')]

  await dedup.admit(SHOP, items, async (fresh) => {
    t.equal(fresh.length, 2)
    t.equal(fresh[0], items[0])
    t.equal(fresh[1], items[2])
  })
})

t.test('admit() calls the append before it returns', async (t) => {
  const { dedup, appended, append } = setUp()

  const first = dedup.admit(SHOP, [item('1')], append)
  t.strictSame(appended, [['1']])
  const second = dedup.admit({ ...SHOP, dedupWindowMs: 0 }, [item('2')], append)
  t.strictSame(appended, [['1'], ['2']])

  await Promise.all([first, second])
})

t.test('the second of two within one batch is a repeat', async (t) => {
  const { dedup, appended, append } = setUp()

  const repeats = await dedup.admit(SHOP, [item('1'), item('2'), item('1'), item('1')], append)

  t.strictSame(repeats, [2, 3])
  t.strictSame(appended, [['1', '2']])
})

t.test('a batch of repeats, and an empty one, make no append', async (t) => {
  const { dedup, appended, append } = setUp()
  await dedup.admit(SHOP, [item('1'), item('2')], append)

  t.equal((await dedup.admit(SHOP, [item('2'), item('1')], append)).length, 2)
  t.equal((await dedup.admit(SHOP, [], append)).length, 0)
  t.equal((await dedup.admit({ ...SHOP, dedupWindowMs: 0 }, [], append)).length, 0)

  t.equal(appended.length, 1)
})

t.test('a repeat of an event still being appended waits, and shares its success', async (t) => {
  const { dedup, appended, append } = setUp()
  const held = heldAppend()
  const first = dedup.admit(SHOP, [item('1')], held.append)

  const repeat = dedup.admit(SHOP, [item('1')], append)

  t.equal(await stateOf(repeat), 'pending')
  held.resolve()
  t.strictSame(await first, [])
  t.strictSame(await repeat, [0])
  t.strictSame(appended, [])
  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 1, 'remembered from then on')
})

t.test(
  'a repeat of an event still being appended shares its failure, and is new again',
  async (t) => {
    const { dedup, appended, append } = setUp()
    const held = heldAppend()
    const first = dedup.admit(SHOP, [item('1')], held.append)
    const repeat = dedup.admit(SHOP, [item('1')], append)

    held.reject(new Error('disk full'))

    await t.rejects(first, { message: 'disk full' })
    await t.rejects(repeat, { message: 'disk full' })
    t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
    t.strictSame(appended, [['1']])
  },
)

t.test('a failed append that nobody shares rejects once and is forgotten', async (t) => {
  const { dedup, append } = setUp()

  await t.rejects(
    dedup.admit(SHOP, [item('1'), item('1')], () => Promise.reject(new Error('over capacity'))),
    { message: 'over capacity' },
  )

  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
})

t.test('an append that throws at once is a failed append', async (t) => {
  const { dedup, append } = setUp()
  const thrower = () => {
    throw new Error('closed')
  }

  await t.rejects(dedup.admit(SHOP, [item('1')], thrower), { message: 'closed' })

  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
})

t.test(
  'a batch with new events and one under way waits for both, and appends at once',
  async (t) => {
    const { dedup, appended, append } = setUp()
    const held = heldAppend()
    const first = dedup.admit(SHOP, [item('1')], held.append)

    const batch = dedup.admit(SHOP, [item('1'), item('2')], append)

    t.strictSame(appended, [['2']])
    t.equal(await stateOf(batch), 'pending')
    held.resolve()
    t.strictSame(await batch, [0])
    await first
  },
)

t.test('a batch fails with the event under way that it repeats, and keeps its own', async (t) => {
  const { dedup, append } = setUp()
  const held = heldAppend()
  const first = dedup.admit(SHOP, [item('1')], held.append)
  const batch = dedup.admit(SHOP, [item('1'), item('2')], append)

  held.reject(new Error('disk full'))

  await t.rejects(first, { message: 'disk full' })
  await t.rejects(batch, { message: 'disk full' })
  t.equal(
    (await dedup.admit(SHOP, [item('1'), item('2')], append)).length,
    1,
    '2 is stored, 1 is new',
  )
})

t.test('two batches that repeat each other do not wait for ever', async (t) => {
  const { dedup, appended, append } = setUp()

  const both = await Promise.all([
    dedup.admit(SHOP, [item('1'), item('2')], append),
    dedup.admit(SHOP, [item('2'), item('1'), item('3')], append),
  ])

  t.strictSame(both, [[], [0, 1]])
  t.strictSame(appended, [['1', '2'], ['3']])
})

t.test('after the window a repeat is new, counted from when the event was stored', async (t) => {
  const { clock, dedup, append } = setUp()
  const held = heldAppend()
  const first = dedup.admit(SHOP, [item('1')], held.append)
  clock.advance(1000)
  held.resolve()
  await first

  clock.advance(SHOP.dedupWindowMs - 1)
  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 1)
  clock.advance(1)
  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
})

t.test('a window of 0 lets everything in and remembers nothing', async (t) => {
  const { dedup, appended, append } = setUp()
  const off = { ...SHOP, dedupWindowMs: 0 }

  t.equal((await dedup.admit(off, [item('1'), item('1')], append)).length, 0)
  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 0)
  t.equal((await dedup.admit(off, [item('1')], append)).length, 0)

  t.strictSame(appended, [['1', '1'], ['1'], ['1']])
})

t.test('remember() makes repeats of what the log held at the start', async (t) => {
  const { clock, dedup, append } = setUp()
  const time = clock.now() - 1000
  dedup.remember(SHOP, { ...item('1'), hops: 0, time })
  dedup.remember(SHOP, { ...item('reply'), hops: 1, time })
  dedup.remember(SHOP, { ...item('old'), hops: 0, time: clock.now() - SHOP.dedupWindowMs })
  dedup.remember({ ...SHOP, dedupWindowMs: 0 }, { ...item('off'), hops: 0, time })

  t.equal((await dedup.admit(SHOP, [item('1')], append)).length, 1)
  t.equal((await dedup.admit(SHOP, [item('reply')], append)).length, 0, 'a reply is never a repeat')
  t.equal((await dedup.admit(SHOP, [item('old')], append)).length, 0)
  t.equal((await dedup.admit(SHOP, [item('off')], append)).length, 0)
  clock.advance(SHOP.dedupWindowMs - 1000)
  t.equal(
    (await dedup.admit(SHOP, [item('1')], append)).length,
    0,
    'its window began when it was stored',
  )
})
