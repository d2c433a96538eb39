import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Cursors } from '#cursors/cursors.ts'
import type { EventLogs } from '#log/event-log.ts'
import { BrokerDispatcher } from '../../services/dispatcher/broker-dispatcher.ts'
import { ByteBudget } from '../../services/dispatcher/byte-budget.ts'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { createDispatcherMetrics } from '../../services/dispatcher/metrics.ts'
import { anEvent } from '../support/an-event.ts'
import { aBroker, aTrigger, fail, succeed, World } from './harness.ts'

const HOUR_MS = 60 * 60 * 1000

t.test('a Broker whose cursors could not be read once is served after all', async (t) => {
  const world = new World()
  let failures = 1
  const cursors: Cursors = {
    load: async (broker, partition) => {
      if (failures-- > 0) throw new Error('Cannot load the cursors')
      return world.cursors.load(broker, partition)
    },
    save: (broker, partition, change) => world.cursors.save(broker, partition, change),
    close: async () => {},
  }
  const dispatcher = await world.dispatcherWith(cursors, aTrigger('a'))
  t.match(dispatcher.fault, /Cannot load/)
  await world.until(() => dispatcher.fault === undefined, 'the next attempt')
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the delivery')
  await dispatcher.close(0)
})

t.test('a long backlog that nobody wants does not hold up everything else', async (t) => {
  const world = new World()
  const filters = [{ exact: { type: 'wanted' } }]
  await (await world.dispatcher(aTrigger('a', { filters }))).close(0)
  const ids = Array.from({ length: 20_000 }, (_, i) => String(i))
  await world.append(...ids)

  const dispatcher = await world.dispatcher(aTrigger('a', { filters }))
  await turn()
  const [status] = await dispatcher.statuses()
  t.ok((status?.lag ?? 0) > 0, 'others had their turn before the end of the backlog')
  await world.until(async () => (await dispatcher.statuses())[0]?.lag === 0, 'the end')
  await dispatcher.close(0)
})

t.test('a dead letter sink that is taken away sends nothing to the subscriber', async (t) => {
  const world = new World()
  const delivery = { ...aTrigger('x').delivery, retry: 1, backoffDelayMs: 5000 }
  const withSink = { ...delivery, deadLetterSink: 'http://sink/' }
  world.client.answer = ({ destination }) =>
    destination === 'http://sink/' ? fail() : fail(400, false)
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery: withSink }))
  await world.append('1')
  await world.until(() => world.client.idsTo('sink').length === 1, 'the first attempt at the sink')
  await world.settle()

  await dispatcher.apply(world.snapshot(aTrigger('a', { delivery })))
  world.clock.advance(5000)
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.equal(world.client.idsTo('a').length, 1)
  await dispatcher.close(0)
})

t.test('a Trigger without retries tells its last error', async (t) => {
  const world = new World()
  world.client.answer = () => fail(400, false)
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1')
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  const [status] = await dispatcher.statuses()
  t.match(status?.lastError, { error: 'Answered 400' })
  await dispatcher.close(0)
})

t.test('a reply loop is called one, even if it could not be stored at first', async (t) => {
  const world = new World()
  const put = world.deadLetters.put.bind(world.deadLetters)
  let failures = 2
  world.deadLetters.put = async (letter) => {
    if (failures-- > 0) throw new Error('disk full')
    await put(letter)
  }
  world.client.answer = ({ event }) => ({ ...succeed, reply: event })
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1')
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.match((await world.deadLetters.list({ limit: 1 })).letters, [{ reason: 'reply-loop' }])
  await dispatcher.close(0)
})

t.test('a Trigger that was away once and now is at fault keeps its place', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await dispatcher.apply(world.snapshot())
  const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const
  const faulty = aTrigger('a', { readiness })
  await dispatcher.apply(world.snapshot(faulty))
  await world.append('1')
  world.clock.advance(25 * HOUR_MS)
  await dispatcher.apply(world.snapshot())
  await dispatcher.close(0)

  const second = await world.dispatcher(faulty)
  world.clock.advance(25 * HOUR_MS)
  await second.apply(world.snapshot())
  await second.apply(world.snapshot(aTrigger('a')))
  await world.until(() => world.client.requests.length === 1, 'the event')

  t.same(world.client.idsTo('a'), ['1'])
  await second.close(0)
})

t.test('a Trigger that stands, and a Broker that goes, keep no events in memory', async (t) => {
  const world = new World()
  world.client.answer = () => new Promise(() => {})
  const parts = world.parts()
  const budget = new ByteBudget(1_000_000)
  const isUnused = () => {
    if (!budget.take(1_000_000)) return false
    budget.give(1_000_000)
    return true
  }
  const metrics = createDispatcherMetrics(parts.registry)
  const log = await world.log()
  const broker = aBroker()
  const dispatcher = new BrokerDispatcher(broker, [aTrigger('a')], log, parts, metrics, budget)
  await dispatcher.open()
  const records = Array.from({ length: 500 }, (_, i) => ({
    event: anEvent({ id: String(i) }, 'x'.repeat(500)),
    hops: 0,
  }))
  await log.append(records)
  await world.until(async () => (await dispatcher.statuses())[0]?.open === 500, 'all open')
  t.notOk(isUnused())

  await dispatcher.apply(broker, [aTrigger('a', { paused: true })])
  t.ok(isUnused(), 'paused')
  await dispatcher.apply(broker, [aTrigger('a')])
  await log.append(records)
  await world.until(async () => (await dispatcher.statuses())[0]?.open === 1000, 'more open')
  t.notOk(isUnused())
  await dispatcher.close(0)
  t.ok(isUnused(), 'closed')
})

t.test('events that cannot be read cost one read a second, and hold up no others', async (t) => {
  const world = new World()
  world.client.answer = () => new Promise(() => {})
  const first = await world.dispatcher(aTrigger('a'))
  const ids = Array.from({ length: 300 }, (_, i) => String(i))
  await world.append(...ids)
  await world.until(async () => (await first.statuses())[0]?.open === 300, 'all open')
  await first.close(0)
  world.client.requests.length = 0
  world.client.answer = () => succeed
  let isDamaged = true
  let reads = 0
  world.reading = ({ offset }) => {
    if (!isDamaged || offset >= 300) return
    reads++
    throw new Error('damaged')
  }

  const second = await world.dispatcher(aTrigger('a'))
  await world.until(() => reads === 300, 'each has been tried')
  await world.append('next')
  await world.until(() => world.client.requests.length === 1, 'a later event')
  reads = 0
  for (let seconds = 0; seconds < 10; seconds++) {
    world.clock.advance(1000)
    await world.settle()
  }
  t.ok(reads > 5 && reads < 15, `${reads} reads in about 12 seconds`)
  t.match((await second.statuses())[0], { open: 300, lastError: { error: /damaged/ } })

  isDamaged = false
  world.clock.advance(1000)
  await world.until(() => world.client.requests.length === 301, 'the rest')
  await second.close(0)
})

t.test('a Broker that goes while a subscriber hangs holds up no other change', async (t) => {
  const world = new World()
  const other = aBroker({ key: 'default/other', name: 'other' })
  const hanging = aTrigger('hanging', { broker: other.key })
  world.client.answer = ({ destination }) =>
    destination === 'http://hanging/' ? new Promise(() => {}) : succeed
  const dispatcher = new Dispatcher({ ...world.parts(), graceMs: 300 })
  await dispatcher.apply({ brokers: [aBroker(), other], triggers: [hanging] })
  const otherLog = await world.logs.open(other.key, other.retention)
  await otherLog.append([{ event: anEvent(), hops: 0 }])
  await world.until(() => world.client.requests.length === 1, 'the hanging delivery')

  const since = performance.now()
  await dispatcher.apply({ brokers: [aBroker()], triggers: [aTrigger('a')] })
  t.ok(performance.now() - since < 200, 'the change does not wait for the subscriber')
  await world.append('1')
  await world.until(() => world.client.idsTo('a').length === 1, 'a delivery of the new Trigger')

  world.client.answer = () => succeed
  await dispatcher.apply({ brokers: [aBroker(), other], triggers: [hanging] })
  await world.until(() => world.client.idsTo('hanging').length === 2, 'the Broker is back')
  await dispatcher.close(0)
})

t.test('a dispatcher that is closed while a Broker cannot be served stays closed', async (t) => {
  const world = new World()
  const parts = world.parts()
  let opens = 0
  const logs: EventLogs = {
    open: async () => {
      opens++
      await turn()
      throw new Error('disk full')
    },
    close: async () => {},
  }
  const dispatcher = new Dispatcher({ ...parts, logs })
  const applied = dispatcher.apply(world.snapshot(aTrigger('a')))
  await world.until(() => opens === 1, 'the attempt to open')
  await dispatcher.close(0)
  await applied
  world.clock.advance(60_000)
  await dispatcher.apply(world.snapshot(aTrigger('a')))
  await turn()
  t.equal(opens, 1)
  t.equal(world.clock.pending, 0, 'no timer is left')
})

t.test('four Triggers that read a long past do not keep a fifth one waiting', async (t) => {
  const world = new World()
  for (let i = 0; i < 40; i++) {
    await world.append(...Array.from({ length: 500 }, (_, j) => `${i}-${j}`))
  }
  const none = [{ exact: { type: 'none' } }]
  const start = 'earliest' as const
  const readers = ['r1', 'r2', 'r3', 'r4'].map((name) => aTrigger(name, { start, filters: none }))
  const dispatcher = await world.dispatcher(...readers, aTrigger('fifth', { start }))
  await world.until(() => world.client.requests.length > 0, 'the first delivery')

  const lags = (await dispatcher.statuses()).slice(0, 4).map((status) => status.lag)
  t.ok(
    lags.every((lag) => lag > 0),
    `the others have not come to the end: ${lags}`,
  )
  await dispatcher.close(0)
})

t.test('the events of a new Trigger are judged by its filter of that time', async (t) => {
  const world = new World()
  await world.append('1', '2', '3')
  let isReadable = false
  world.reading = ({ offset }) => {
    if (!isReadable && offset < 3) throw new Error('not yet')
  }
  const start = 'earliest' as const
  const dispatcher = await world.dispatcher(
    aTrigger('a', { start, filters: [{ exact: { id: '2' } }] }),
  )
  await dispatcher.apply(
    world.snapshot(aTrigger('a', { start, filters: [{ exact: { id: '3' } }] })),
  )
  isReadable = true
  await world.until(async () => (await dispatcher.statuses())[0]?.lag === 0, 'the end of the log')
  await world.settle()
  t.same(world.client.idsTo('a'), ['2'])
  await dispatcher.close(0)
})

t.test('an event that cannot be read keeps an ordered Trigger from nothing else', async (t) => {
  const world = new World()
  world.client.answer = () => new Promise(() => {})
  const triggers = [aTrigger('a', { order: 'ordered' }), aTrigger('b')]
  const first = await world.dispatcher(...triggers)
  await world.appendRecords(
    ['k1', 'k2', 'k3', 'k2'].map((partitionkey, id) => ({
      event: anEvent({ id: String(id), partitionkey }),
      hops: 0,
    })),
  )
  await world.until(async () => (await first.statuses())[0]?.open === 4, 'all open')
  await first.close(0)
  world.client.requests.length = 0
  world.client.answer = () => succeed
  world.reading = ({ offset }) => {
    if (offset === 0) throw new Error('damaged')
  }

  const second = await world.dispatcher(...triggers)
  await world.append('next')
  await world.until(() => world.client.idsTo('b').includes('next'), 'the other Trigger')
  await world.until(() => world.client.idsTo('a').length === 4, 'its other events')
  t.same(world.client.idsTo('a').toSorted(), ['1', '2', '3', 'next'])
  const sameKey = world.client.idsTo('a').filter((id) => id === '1' || id === '3')
  t.same(sameKey, ['1', '3'])
  await second.close(0)
})

t.test('what expired before it was judged is counted once, restarts or not', async (t) => {
  const world = new World()
  const trigger = aTrigger('a')
  await (await world.dispatcher(trigger)).close(0)
  await world.append('1', '2')
  world.clock.advance(8 * 24 * HOUR_MS)

  const expired: number[] = []
  for (let start = 0; start < 2; start++) {
    const parts = world.parts()
    const dispatcher = new Dispatcher(parts)
    await dispatcher.apply(world.snapshot(trigger))
    await world.settle()
    const metric = await parts.registry.getSingleMetric('sluice_expired_undelivered_total')?.get()
    expired.push(metric?.values[0]?.value ?? 0)
    await dispatcher.close(0)
  }
  t.same(expired, [2, 0])
})

t.test('a Broker whose log is another one is served from that one', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the first')

  await (await world.log()).close()
  await dispatcher.apply(world.snapshot(aTrigger('a')))
  await world.append('2')
  await world.until(() => world.client.requests.length === 2, 'the second')

  t.same(world.client.idsTo('a'), ['1', '2'])
  t.equal(dispatcher.fault, undefined)
  await dispatcher.close(0)
})

t.test('no timer outlives a closed dispatcher that could not read its log', async (t) => {
  const world = new World()
  await world.append('1')
  world.reading = ({ offset }) => {
    if (offset === 0) throw new Error('damaged')
  }
  const dispatcher = await world.dispatcher(aTrigger('a', { start: 'earliest' }))
  await world.settle()
  await dispatcher.close(0)
  t.equal(world.clock.pending, 0)
})

t.test('a Broker that cannot be served brings no earlier snapshot back', async (t) => {
  const world = new World()
  const parts = world.parts()
  const slow = aBroker({ key: 'default/slow', name: 'slow' })
  const opened = Promise.withResolvers<void>()
  const logs: EventLogs = {
    ...parts.logs,
    open: async (broker, retention) => {
      if (broker === 'default/broken') throw new Error('not authorized')
      if (broker === slow.key) await opened.promise
      return parts.logs.open(broker, retention)
    },
  }
  const broken = aBroker({ key: 'default/broken', name: 'broken' })
  const dispatcher = new Dispatcher({ ...parts, logs })
  const earlier = dispatcher.apply({
    brokers: [aBroker(), broken, slow],
    triggers: [aTrigger('deleted')],
  })
  await world.settle()
  const now = dispatcher.apply({ brokers: [aBroker()], triggers: [aTrigger('kept')] })
  world.clock.advance(1000)
  opened.resolve()
  await Promise.all([earlier, now])
  await world.settle()
  await world.append('1')
  await world.until(() => world.client.requests.length > 0, 'the event')
  await world.settle()

  t.same(world.client.idsTo('deleted'), [])
  t.same(world.client.idsTo('kept'), ['1'])
  t.equal(dispatcher.fault, undefined)
  await dispatcher.close(0)
})

t.test('what is wrong with a Broker is told while it is tried again', async (t) => {
  const world = new World()
  const parts = world.parts()
  let opens = 0
  let end = () => {}
  const logs: EventLogs = {
    ...parts.logs,
    open: async (broker, retention) => {
      opens++
      if (opens === 2) await new Promise<void>((resolve) => (end = resolve))
      if (opens < 3) throw new Error('no connection')
      return parts.logs.open(broker, retention)
    },
  }
  const dispatcher = new Dispatcher({ ...parts, logs })
  await dispatcher.apply(world.snapshot())
  t.equal(dispatcher.fault, 'no connection')

  world.clock.advance(1000)
  await world.until(() => opens === 2, 'the second attempt')
  t.equal(dispatcher.fault, 'no connection')

  end()
  await world.until(() => opens === 3, 'the third attempt')
  await world.settle()
  t.equal(dispatcher.fault, undefined)
  await dispatcher.close(0)
})
