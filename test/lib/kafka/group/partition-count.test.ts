import t from 'tap'
import { PartitionCount } from '#kafka/group/partition-count.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function start(count = 3) {
  const clock = new FakeClock()
  const topic = { count: count as number | undefined, asked: 0, changes: 0 }
  const partitions = new PartitionCount({
    ask: async () => {
      topic.asked++
      if (topic.count === undefined) throw new Error('nobody answers')
      return topic.count
    },
    clock,
    changed: () => topic.changes++,
  })
  const pass = async (ms: number) => {
    clock.advance(ms)
    await new Promise(setImmediate)
  }
  return { clock, topic, partitions, pass }
}

t.test('divide() asks each time', async (t) => {
  const { topic, partitions } = start()
  t.equal(await partitions.divide(0), 3)
  topic.count = 2

  t.equal(await partitions.divide(3), 2)
  t.equal(partitions.hasChanged, false)
})

t.test('divide() without an answer goes by what was known, and by what is owned', async (t) => {
  const { topic, partitions } = start()
  topic.count = undefined
  t.equal(await partitions.divide(0), 0)
  t.equal(await partitions.divide(5), 5)
  topic.count = 7
  t.equal(await partitions.divide(5), 7)
  topic.count = undefined

  t.equal(await partitions.divide(5), 7)
})

t.test('divide() waits a second for an answer', async (t) => {
  const { promise } = Promise.withResolvers<number>()
  const clock = new FakeClock()
  const partitions = new PartitionCount({ ask: () => promise, clock, changed: () => {} })
  const divided = partitions.divide(4)

  clock.advance(1000)

  t.equal(await divided, 4)
})

t.test('a change is noticed within five seconds, once', async (t) => {
  const { topic, partitions, pass } = start()
  await partitions.divide(0)
  await pass(5000)
  t.equal(topic.changes, 0)
  topic.count = 4
  await pass(4999)
  t.equal(partitions.hasChanged, false)

  await pass(1)

  t.equal(partitions.hasChanged, true)
  await pass(20_000)
  t.equal(topic.changes, 1)
  await partitions.divide(0)
  t.equal(partitions.hasChanged, false)
})

t.test('nobody who answers is no change', async (t) => {
  const { topic, partitions, pass } = start()
  await partitions.divide(0)
  topic.count = undefined
  await pass(5000)
  t.equal(partitions.hasChanged, false)
  topic.count = 4

  await pass(5000)

  t.equal(partitions.hasChanged, true)
})

t.test('stop() ends watching, also while an answer is awaited', async (t) => {
  const { clock, topic, partitions, pass } = start()
  await partitions.divide(0)
  topic.count = 4
  clock.advance(5000)
  partitions.stop()
  await pass(0)

  t.equal(partitions.hasChanged, false)
  t.equal(topic.changes, 0)
  t.equal(clock.pending, 0)
})

t.test('one watch at a time, however often they are divided', async (t) => {
  const { clock, partitions, pass } = start()
  await partitions.divide(0)
  clock.advance(5000)
  await partitions.divide(0)
  await pass(0)

  t.equal(clock.pending, 1)
  partitions.stop()
})
