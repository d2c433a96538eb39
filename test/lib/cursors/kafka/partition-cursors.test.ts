import t from 'tap'
import type { CursorChange, TriggerCursor } from '#cursors/cursors.ts'
import { KafkaError } from '#kafka/kafka-error.ts'
import { CursorLog } from './cursor-log.ts'

function open(...offsets: number[]): TriggerCursor {
  return { next: undefined, open: offsets, specs: [] }
}

/** A change whose parts all tell the same offset. */
function change(offset: number, ...triggers: string[]): CursorChange {
  return {
    shared: { offset, mark: `m${offset}`, partitions: 1 },
    triggers: new Map(triggers.map((name) => [name, open(offset - 1)])),
  }
}

t.test('an owner and a stale one both learn that the other has saved, once', async (t) => {
  const log = new CursorLog()
  const stale = log.open()
  await stale.save(change(1, 'a'))
  const owner = log.open()
  await owner.load()
  t.strictSame(await owner.save(change(2, 'a')), { contested: false }, 'nobody since the load')

  t.strictSame(await stale.save(change(1, 'a')), { contested: true })
  t.strictSame(await owner.save(change(3, 'a')), { contested: true })
  t.strictSame(await owner.save(change(4, 'a')), { contested: false })
})

t.test('what was saved between a load and the first save is noticed', async (t) => {
  const log = new CursorLog()
  const stale = log.open()
  await stale.save(change(1, 'a'))
  const owner = log.open()
  await owner.load()
  await stale.save(change(2, 'a'))

  t.strictSame(await owner.save(change(2, 'a')), { contested: true })
})

t.test('whoever only looks, in the same process, changes nothing for the owner', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  await owner.save(change(1, 'a', 'b'))

  const looked = await owner.load()
  t.strictSame(await owner.save(change(2, 'a')), { contested: false })

  t.equal(looked?.shared.offset, 1)
  t.strictSame((await log.open().load())?.triggers.get('b'), open(0), 'it is attached')
})

t.test('whoever only looks does not hide from the owner that another one has saved', async (t) => {
  const log = new CursorLog()
  const stale = log.open()
  await stale.save(change(1, 'a'))
  const owner = log.open()
  await owner.save(change(2, 'a'))
  await stale.save(change(1, 'a'))

  await owner.load()

  t.strictSame(await owner.save(change(3, 'a')), { contested: true })
  t.strictSame(await owner.save(change(4, 'a')), { contested: false })
})

t.test(
  'a batch of our own that was stored late, or twice, is noticed: it may hide others',
  async (t) => {
    const log = new CursorLog()
    const owner = log.open()
    await owner.save(change(1, 'a'))
    log.sending = 'rejected, and stored'
    await t.rejects(owner.save(change(2, 'a')), { code: 'REQUEST_TIMED_OUT' })
    log.sending = 'stored'
    t.strictSame(await owner.save(change(3, 'a')), { contested: true })
    log.sending = 'stored twice'
    t.strictSame(await owner.save(change(4, 'a')), { contested: true })
    log.sending = 'stored'

    t.strictSame(await owner.save(change(5, 'a')), { contested: false })
  },
)

t.test('partitions that share one of the cursor topic are kept apart', async (t) => {
  const log = new CursorLog()
  const stale = log.open(1)
  await stale.save(change(1, 'a'))
  const [zero, one] = [log.open(0), log.open(1)]
  await one.load()
  for (const offset of [2, 3]) {
    t.strictSame(await zero.save(change(offset, 'a')), { contested: false })
    t.strictSame(await one.save(change(offset + 10, 'a')), { contested: false })
  }
  await stale.save(change(1, 'a'))

  t.strictSame(await zero.save(change(4, 'a')), { contested: false })
  t.strictSame(await one.save(change(14, 'a')), { contested: true })
  t.equal((await log.open(0).load())?.shared.offset, 4)
  t.equal((await log.open(1).load())?.shared.offset, 14)
})

t.test('where it cannot be known who has saved, all is saved again', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  await owner.save(change(1, 'a'))
  await log.open().save(change(1, 'a'))
  log.fault = new KafkaError('CORRUPT_MESSAGE', 'no')

  t.strictSame(await owner.save(change(2, 'a')), { contested: true })
})

t.test('cursors are saved again when their topic is deleted and created again', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  for (const offset of [1, 2, 3]) await owner.save(change(offset, 'a', 'b'))
  log.recreate()

  t.strictSame(await owner.save(change(4, 'a')), { contested: true })
  t.strictSame(await owner.save(change(5, 'a', 'b')), { contested: false })
  const next = log.open()
  t.strictSame((await next.load())?.triggers, change(5, 'a', 'b').triggers)
  await next.save(change(6, 'a', 'b'))
  t.equal((await log.open().load())?.shared.offset, 6)
})

t.test('a change that is too large for a batch is complete when it is acknowledged', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  const names = Array.from({ length: 20 }, (_, at) => `demo/${at}`)
  await owner.save(change(1, ...names))
  log.sending = 'cut off'
  await t.rejects(owner.save(change(2, ...names)))
  const between = await log.open().load()
  log.sending = 'stored'

  await owner.save(change(3, ...names))

  t.equal(between?.shared.offset, 1, 'the shared cursor comes last')
  t.strictSame(between?.triggers.get('demo/0'), { next: 2, open: [1], specs: [] })
  t.strictSame(between?.triggers.get('demo/19'), open(0))
  t.strictSame((await log.open().load())?.triggers, change(3, ...names).triggers)
})

t.test('a save is as it was when it was called', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  const offsets = [1, 2]
  const shared = { offset: 3, mark: 'm', partitions: 1 }
  const triggers = new Map([['a', { next: undefined, open: offsets, specs: [] }]])
  const saved = owner.save({ shared, triggers })
  offsets.push(0)
  triggers.clear()
  shared.offset = 9

  await saved

  const loaded = await log.open().load()
  t.strictSame(loaded?.shared, { offset: 3, mark: 'm', partitions: 1 })
  t.strictSame(loaded?.triggers.get('a'), open(1, 2))
})

t.test('offsets that do not rise are refused, and nothing is saved', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  const triggers = new Map([['a', open(2, 2)]])

  await t.rejects(owner.save({ ...change(2), triggers }), RangeError)

  t.equal(log.end, 0)
})

t.test('failures say what could not be done, and the next call may work', async (t) => {
  const log = new CursorLog()
  const owner = log.open()
  log.sending = 'rejected'
  await t.rejects(owner.save(change(1)), {
    name: 'KafkaError',
    code: 'REQUEST_TIMED_OUT',
    message: 'Cannot save the cursors of demo/shop partition 0: no answer',
  })
  log.sending = 'stored'
  await t.rejects(owner.save({ triggers: new Map([['a', open()]]) }), TypeError, 'still the first')
  await owner.save(change(1))
  log.fault = new KafkaError('CORRUPT_MESSAGE', 'a bad disk')
  await t.rejects(owner.load(), {
    code: 'CORRUPT_MESSAGE',
    message: 'Cannot load the cursors of demo/shop partition 0: a bad disk',
  })
  log.fault = new Error('a bug')
  await t.rejects(owner.load(), {
    message: 'Cannot load the cursors of demo/shop partition 0: a bug',
    cause: log.fault,
  })

  log.fault = undefined
  t.equal((await owner.load())?.shared.offset, 1)
  t.strictSame(await owner.save(change(2)), { contested: false })
})
