import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { SnapshotFeed } from '#startup/snapshot-feed.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import { FakeClock } from '../../support/fake-clock.ts'

const FIRST: Snapshot = { brokers: [], triggers: [] }
const SECOND: Snapshot = { brokers: [], triggers: [] }

function feeding({ insists = true } = {}) {
  const clock = new FakeClock()
  const listeners = new Set<(snapshot: Snapshot) => void>()
  const logged: string[] = []
  const taken: Snapshot[] = []
  const taker = {
    fault: undefined as string | undefined,
    failure: undefined as Error | undefined,
    async apply(snapshot: Snapshot) {
      taken.push(snapshot)
      if (this.failure !== undefined) throw this.failure
    },
  }
  let snapshot = FIRST
  const triggers = {
    snapshot: () => snapshot,
    onChange: (listener: (snapshot: Snapshot) => void) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
  const logger = { error: ({ err }: { err: Error }) => void logged.push(err.message) }
  const feed = new SnapshotFeed(taker, { triggers, clock, logger, insists })
  const change = (next: Snapshot) => {
    snapshot = next
    for (const listener of listeners) listener(next)
  }
  const pass = async (ms: number) => {
    clock.advance(ms)
    await turn()
  }
  return { feed, taker, taken, change, clock, pass, logged }
}

t.test('the snapshot there is, and each new one', async (t) => {
  const { feed, taken, change, clock } = feeding()

  await feed.start()
  change(SECOND)
  await turn()

  t.ok(feed.hasStarted)
  t.equal(taken.length, 2)
  t.equal(taken[0], FIRST)
  t.equal(taken[1], SECOND)
  t.equal(clock.pending, 0, 'and no more')
})

t.test('a fault: handed over again every second, the newest one, until it is taken', async (t) => {
  const { feed, taker, taken, change, pass, clock } = feeding()
  taker.fault = 'Kafka does not answer'

  await feed.start()
  t.notOk(feed.hasStarted)
  await pass(1000)
  change(SECOND)
  await turn()
  taker.fault = undefined
  await pass(1000)
  await feed.started

  t.ok(feed.hasStarted)
  t.equal(taken.length, 4)
  t.equal(taken.at(-1), SECOND)
  taker.fault = 'Kafka is lost'
  change(FIRST)
  await turn()
  t.ok(feed.hasStarted, 'once is enough')
  t.equal(clock.pending, 0)
})

t.test('what cannot be taken at all rejects start(), and is logged later', async (t) => {
  const { feed, taker, pass, logged } = feeding()
  taker.failure = new Error('no answer')

  await t.rejects(feed.start(), taker.failure)
  await pass(1000)
  t.same(logged, ['no answer'])
  taker.failure = undefined
  await pass(1000)

  t.ok(feed.hasStarted)
})

t.test('one that does not insist leaves it to the taker', async (t) => {
  const { feed, taker, taken, change, clock } = feeding({ insists: false })
  taker.fault = 'The disk is full'

  await feed.start()

  t.equal(clock.pending, 0)
  change(SECOND)
  t.equal(taken.length, 2)
})

t.test('stop() ends it', async (t) => {
  const { feed, taker, taken, change, pass, clock } = feeding()
  taker.fault = 'Kafka does not answer'
  await feed.start()

  feed.stop()
  change(SECOND)
  await pass(5000)

  t.equal(taken.length, 1)
  t.equal(clock.pending, 0)
})

t.test('stop() while one is being handed over begins no other', async (t) => {
  const { feed, taker, clock } = feeding()
  taker.fault = 'Kafka does not answer'

  const started = feed.start()
  feed.stop()
  await started

  t.equal(clock.pending, 0)
})
