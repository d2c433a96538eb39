import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Cursors } from '#cursors/cursors.ts'
import { aTrigger, fail, succeed, World } from './harness.ts'

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
