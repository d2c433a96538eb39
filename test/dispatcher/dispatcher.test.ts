import t from 'tap'
import type { Cursors } from '#cursors/cursors.ts'
import { anEvent } from '../support/an-event.ts'
import { aBroker, aTrigger, BROKER, fail, succeed, World } from './harness.ts'

const HOUR_MS = 60 * 60 * 1000

t.test('Dispatcher delivers what matches, and saves how far it came', async (t) => {
  const world = new World()
  const exact = [{ exact: { type: 'wanted' } }]
  const dispatcher = await world.dispatcher(aTrigger('a', { filters: exact }), aTrigger('b'))

  await world.appendRecords([
    { event: anEvent({ id: '1', type: 'wanted' }), hops: 0 },
    { event: anEvent({ id: '2', type: 'other' }), hops: 0 },
  ])
  await world.until(() => world.client.requests.length === 3, 'three deliveries')
  await world.settle()

  t.same(world.client.idsTo('a'), ['1'])
  t.same(world.client.idsTo('b'), ['1', '2'])
  const saved = await world.cursors.load(BROKER, 0)
  t.equal(saved?.shared.offset, 2)
  t.same(saved?.triggers.get('default/a')?.open, [])
  await dispatcher.close(0)
})

t.test('Dispatcher starts a new Trigger where its annotation says', async (t) => {
  const world = new World()
  await world.append('1')
  world.clock.advance(HOUR_MS)
  const noon = world.clock.now()
  await world.append('2')
  const dispatcher = await world.dispatcher(
    aTrigger('latest'),
    aTrigger('earliest', { start: 'earliest' }),
    aTrigger('noon', { start: noon }),
  )
  await world.append('3')

  await world.until(() => world.client.requests.length === 6, 'six deliveries')

  t.same(world.client.idsTo('latest'), ['3'])
  t.same(world.client.idsTo('earliest'), ['1', '2', '3'])
  t.same(world.client.idsTo('noon'), ['2', '3'])
  await dispatcher.close(0)
})

t.test('Dispatcher goes on after a stop where it was, without repeating', async (t) => {
  const world = new World()
  const first = await world.dispatcher(aTrigger('a'))
  await world.append('1', '2')
  await world.until(() => world.client.requests.length === 2, 'both')
  await first.close(0)
  await world.append('3')

  const second = await world.dispatcher(aTrigger('a'))
  await world.until(() => world.client.requests.length === 3, 'the third')

  t.same(world.client.idsTo('a'), ['1', '2', '3'])
  await second.close(0)
})

t.test(
  'a crash between a delivery and the save repeats that delivery, and skips none',
  async (t) => {
    const world = new World()
    let isAlive = true
    const cursors: Cursors = {
      load: (broker, partition) => world.cursors.load(broker, partition),
      save: async (broker, partition, change) => {
        return isAlive ? world.cursors.save(broker, partition, change) : { contested: false }
      },
      close: async () => {},
    }
    const crashed = await world.dispatcherWith(cursors, aTrigger('a'))
    isAlive = false
    await world.append('1')
    await world.until(() => world.client.requests.length === 1, 'the first delivery')
    await crashed.close(0)
    t.equal((await world.cursors.load(BROKER, 0))?.shared.offset, 0, 'not saved')

    const restarted = await world.dispatcher(aTrigger('a'))
    await world.until(() => world.client.requests.length === 2, 'the repeat')

    t.same(world.client.idsTo('a'), ['1', '1'])
    await restarted.close(0)
  },
)

t.test('Dispatcher retries as often as it may, and keeps the event that still fails', async (t) => {
  const world = new World()
  world.client.answer = () => fail(503)
  const delivery = { ...aTrigger('x').delivery, retry: 2 }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  await world.append('1')

  await world.until(async () => (await world.deadLetters.count()) === 1, 'a dead letter')

  t.equal(world.client.requests.length, 3)
  const [letter] = (await world.deadLetters.list({ limit: 10 })).letters
  t.match(letter, { trigger: 'default/a', reason: 'delivery-failed', status: 503, offset: 0 })
  t.equal(letter?.attempts.length, 3)
  await world.settle()
  const saved = await world.cursors.load(BROKER, 0)
  t.same(saved?.triggers.get('default/a')?.open, [])
  t.same([...(saved?.failures.get('default/a') ?? [])], [])
  await dispatcher.close(0)
})

t.test('a retry schedule survives restarts: retry 3 is four attempts in all', async (t) => {
  const world = new World()
  world.client.answer = () => fail()
  const delivery = { ...aTrigger('x').delivery, retry: 3 }
  const trigger = aTrigger('a', { delivery })
  await (await world.dispatcher(trigger)).close(0)
  await world.append('1')

  for (let attempts = 1; attempts <= 3; attempts++) {
    const dispatcher = await world.dispatcher(trigger)
    await world.until(() => world.client.requests.length === attempts, `attempt ${attempts}`)
    await world.settle()
    await dispatcher.close(0)
    t.equal(
      (await world.cursors.load(BROKER, 0))?.failures.get('default/a')?.get(0)?.count,
      attempts,
    )
  }
  const last = await world.dispatcher(trigger)
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.equal(world.client.requests.length, 4)
  await last.close(0)
})

t.test('a back-off goes on after a restart with what is left of it, and never more', async (t) => {
  const world = new World()
  world.client.answer = () => fail()
  const delivery = { ...aTrigger('x').delivery, retry: 1, backoffDelayMs: 10_000 }
  const trigger = aTrigger('a', { delivery })
  const first = await world.dispatcher(trigger)
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the first attempt')
  await world.settle()
  await first.close(0)
  world.clock.advance(8000)

  const second = await world.dispatcher(trigger)
  await world.settle()
  t.equal(world.client.requests.length, 1)
  world.clock.advance(2000)
  await world.until(() => world.client.requests.length === 2, 'the second attempt')
  await second.close(0)
})

t.test('a dead letter sink gets the event with what went wrong', async (t) => {
  const world = new World()
  const delivery = { ...aTrigger('x').delivery, deadLetterSink: 'http://sink/' }
  world.client.answer = ({ destination }) =>
    destination === 'http://sink/'
      ? succeed
      : {
          ...(fail(400, false) as Extract<ReturnType<typeof fail>, { kind: 'failed' }>),
          responseData: Buffer.from('no'),
        }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  await world.append('1')

  await world.until(() => world.client.requests.length === 2, 'the sink')

  const sent = world.client.requests[1]
  t.equal(sent?.destination, 'http://sink/')
  t.equal(sent?.acceptReply, false)
  t.equal(sent?.event.attributes.get('knativeerrordest'), 'http://a/')
  t.equal(sent?.event.attributes.get('knativeerrorcode'), '400')
  t.equal(sent?.event.attributes.get('knativeerrordata'), Buffer.from('no').toString('base64'))
  await world.settle()
  t.equal(await world.deadLetters.count(), 0)
  await dispatcher.close(0)
})

t.test(
  'an event is kept when its dead letter sink fails too, with the attempts at both',
  async (t) => {
    const world = new World()
    world.client.answer = () => fail()
    const delivery = { ...aTrigger('x').delivery, retry: 1, deadLetterSink: 'http://sink/' }
    const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
    await world.append('1')

    await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

    const [letter] = (await world.deadLetters.list({ limit: 1 })).letters
    t.same(
      letter?.attempts.map((attempt) => attempt.phase),
      ['deliver', 'deliver', 'dead-letter', 'dead-letter'],
    )
    await dispatcher.close(0)
  },
)

t.test('a reply goes back into the log, one hop further', async (t) => {
  const world = new World()
  const answer = anEvent({ id: 'reply', type: 'answer' })
  world.client.answer = ({ event }) =>
    event.attributes.get('id') === '1' ? { ...succeed, reply: answer } : succeed
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1')

  await world.until(() => world.client.requests.length === 2, 'the reply')

  t.same(world.client.idsTo('a'), ['1', 'reply'])
  const log = await world.log()
  const options = { maxBytes: 1e6, waitMs: 0, signal: AbortSignal.timeout(1000) }
  const [read] = await log.read([{ partition: 0, offset: 1 }], options)
  t.match(read?.records[0], { hops: 1, cause: { partition: 0, offset: 0 } })
  await dispatcher.close(0)
})

t.test('a reply loop ends as a dead letter after 255 hops', async (t) => {
  const world = new World()
  let id = 0
  world.client.answer = () => ({ ...succeed, reply: anEvent({ id: `r${id++}` }) })
  const dispatcher = await world.dispatcher(aTrigger('echo'))
  await world.append('1')

  await world.until(async () => (await world.deadLetters.count()) === 1, 'the end of the loop')

  t.equal(world.client.requests.length, 256)
  t.match((await world.deadLetters.list({ limit: 1 })).letters, [{ reason: 'reply-loop' }])
  await dispatcher.close(0)
})

t.test('a reply against its schema fails the delivery, which is retried', async (t) => {
  const world = new World()
  const violation = { rule: 'required', at: '/data', detail: 'must have id' }
  world.schemas = { check: () => [violation] }
  world.client.answer = () => ({ ...succeed, reply: anEvent({ id: 'reply' }) })
  const delivery = { ...aTrigger('x').delivery, retry: 1 }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  await world.append('1')

  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.equal(world.client.requests.length, 2)
  t.match((await world.deadLetters.list({ limit: 1 })).letters[0]?.error, /schema/)
  await dispatcher.close(0)
})

t.test(
  'a changed filter counts from here on; what is open goes to the new subscriber',
  async (t) => {
    const world = new World()
    let isBroken = true
    world.client.answer = () => (isBroken ? fail() : succeed)
    const delivery = { ...aTrigger('x').delivery, retry: 5 }
    const before = aTrigger('a', { delivery, filters: [{ exact: { id: '1' } }] })
    const dispatcher = await world.dispatcher(before)
    await world.append('1', '2')
    await world.until(() => world.client.requests.length === 1, 'the failing attempt')
    await world.settle()
    isBroken = false

    const filters = [{ exact: { id: '2' } }]
    await dispatcher.apply(
      world.snapshot({
        ...aTrigger('a', { delivery, filters, subscriber: 'http://new/' }),
      }),
    )
    await world.append('2')
    await world.until(() => world.client.idsTo('new').length === 2, 'both at the new one')

    t.same([...world.client.idsTo('new')].sort(), ['1', '2'], 'the earlier 2 was judged before')
    await dispatcher.close(0)
  },
)

t.test('a paused Trigger stands, and goes on where it stood', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a', { paused: true }), aTrigger('b'))
  await world.append('1', '2')
  await world.until(() => world.client.idsTo('b').length === 2, 'the other one')
  t.same(world.client.idsTo('a'), [])
  t.match((await dispatcher.statuses())[0], { state: 'standing', lag: 2, paused: true })

  await dispatcher.apply(world.snapshot(aTrigger('a'), aTrigger('b')))
  await world.append('3')
  await world.until(() => world.client.idsTo('a').length === 3, 'all three')

  t.same(world.client.idsTo('a'), ['1', '2', '3'])
  t.match((await dispatcher.statuses())[0], { state: 'attached', lag: 0 })
  await dispatcher.close(0)
})

t.test('a Trigger that is at fault stands over a restart, and then misses nothing', async (t) => {
  const world = new World()
  const first = await world.dispatcher(aTrigger('a'), aTrigger('b'))
  await world.append('1')
  await world.until(() => world.client.requests.length === 2, 'both')
  await first.close(0)
  const readiness = { ready: false, reason: 'Invalid', message: 'a typo' } as const

  const second = await world.dispatcher(aTrigger('a', { readiness }), aTrigger('b'))
  await world.append('2')
  await world.until(() => world.client.idsTo('b').length === 2, 'the other one')
  await second.close(0)
  const third = await world.dispatcher(aTrigger('a'), aTrigger('b'))
  await world.until(() => world.client.idsTo('a').length === 2, 'the one that was missed')

  t.same(world.client.idsTo('a'), ['1', '2'])
  t.same(world.client.idsTo('b'), ['1', '2'])
  await third.close(0)
})

t.test('a Trigger that is deleted and comes back within a day misses nothing', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the first')
  await dispatcher.apply(world.snapshot())
  await world.append('2')
  world.clock.advance(23 * HOUR_MS)

  await dispatcher.apply(world.snapshot(aTrigger('a')))
  await world.until(() => world.client.requests.length === 2, 'the second')

  t.same(world.client.idsTo('a'), ['1', '2'])
  await dispatcher.close(0)
})

t.test('a Trigger that comes back after a day begins at the end of the log', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await dispatcher.apply(world.snapshot())
  await world.append('1')
  world.clock.advance(25 * HOUR_MS)
  await dispatcher.apply(world.snapshot())

  await dispatcher.apply(world.snapshot(aTrigger('a')))
  await world.append('2')
  await world.until(() => world.client.requests.length === 1, 'one delivery')

  t.same(world.client.idsTo('a'), ['2'])
  await dispatcher.close(0)
})

t.test(
  'the 4,096th open delivery detaches a Trigger; it reads nothing twice and skips nothing',
  async (t) => {
    const world = new World()
    let open = () => {}
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    world.client.answer = async ({ destination }) => {
      if (destination === 'http://slow/') await gate
      return succeed
    }
    const dispatcher = await world.dispatcher(aTrigger('slow'), aTrigger('fast'))
    const ids = Array.from({ length: 10_000 }, (_, i) => String(i))
    for (let i = 0; i < ids.length; i += 100) await world.append(...ids.slice(i, i + 100))

    await world.until(() => world.client.idsTo('fast').length === ids.length, 'the fast one')
    t.same(world.client.idsTo('fast'), ids)
    const statuses = await dispatcher.statuses()
    t.match(statuses[0], { state: 'detached', open: 4096, inFlight: 64, lag: 10_000 - 4096 })
    t.match(statuses[1], { state: 'attached', open: 0, lag: 0 })

    open()
    await world.until(() => world.client.idsTo('slow').length === ids.length, 'the slow one')
    t.same(world.client.idsTo('slow'), ids)
    await world.append('last')
    await world.until(() => world.client.idsTo('slow').at(-1) === 'last', 'attached again')
    t.match((await dispatcher.statuses())[0], { state: 'attached', lag: 0 })
    t.equal(world.client.idsTo('slow').length, ids.length + 1)
    await dispatcher.close(0)
  },
)

t.test('a detached Trigger goes on after a restart, with what was open', async (t) => {
  const world = new World()
  world.client.answer = () => new Promise(() => {})
  const first = await world.dispatcher(aTrigger('slow'))
  const ids = Array.from({ length: 5000 }, (_, i) => String(i))
  for (let i = 0; i < ids.length; i += 100) await world.append(...ids.slice(i, i + 100))
  await world.until(async () => (await first.statuses())[0]?.state === 'detached', 'detached')
  await first.close(0)
  world.client.requests.length = 0
  world.client.answer = () => succeed

  const second = await world.dispatcher(aTrigger('slow'))
  await world.until(() => world.client.requests.length === ids.length, 'all of them')

  t.same(new Set(world.client.idsTo('slow')), new Set(ids))
  await second.close(0)
})

t.test('delivery.order ordered: one key at a time, a poison key blocks only itself', async (t) => {
  const world = new World()
  let isPoisoned = true
  world.client.answer = ({ event }) =>
    isPoisoned && event.attributes.get('id') === 'a1' ? fail() : succeed
  const delivery = { ...aTrigger('x').delivery, retry: 100 }
  const trigger = aTrigger('a', { order: 'ordered', delivery })
  const first = await world.dispatcher(trigger)
  await world.appendRecords(
    ['a1', 'b1', 'a2', 'b2', 'a3'].map((id) => ({
      event: anEvent({ id, partitionkey: id.slice(0, 1) }),
      hops: 0,
    })),
  )
  await world.until(() => world.client.idsTo('a').includes('b2'), 'the other key')
  await world.settle()
  t.notOk(world.client.idsTo('a').includes('a2'))
  await first.close(0)
  isPoisoned = false
  world.client.requests.length = 0

  const second = await world.dispatcher(trigger)
  await world.until(() => world.client.requests.length === 3, 'the rest')
  t.same(world.client.idsTo('a'), ['a1', 'a2', 'a3'], 'in order, over a restart too')
  await second.close(0)
})

t.test('max-in-flight bounds the requests under way, and a back-off holds no slot', async (t) => {
  const world = new World()
  let inFlight = 0
  let most = 0
  world.client.answer = async ({ event }) => {
    if (event.attributes.get('id') === '0') return fail()
    most = Math.max(most, ++inFlight)
    await new Promise((resolve) => setImmediate(resolve))
    inFlight--
    return succeed
  }
  const delivery = { ...aTrigger('x').delivery, retry: 1, backoffDelayMs: 60_000 }
  const dispatcher = await world.dispatcher(aTrigger('a', { maxInFlight: 1, delivery }))
  await world.append(...Array.from({ length: 50 }, (_, i) => String(i)))

  await world.until(() => world.client.requests.length === 50, 'all others')

  t.equal(most, 1)
  await dispatcher.close(0)
})

t.test('cursors of another log restart every Trigger at the earliest event', async (t) => {
  const world = new World()
  const first = await world.dispatcher(aTrigger('a'))
  await world.append('1', '2', '3')
  await world.until(() => world.client.requests.length === 3, 'all')
  await first.close(0)

  const other = new World()
  await other.append('x')
  const dispatcher = await other.dispatcherWith(world.cursors, aTrigger('a'))
  await other.until(() => other.client.requests.length === 1, 'the earliest event')

  t.same(other.client.idsTo('a'), ['x'])
  await dispatcher.close(0)
})

t.test('a Broker that is deleted and comes back delivers what came in between', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a'))
  await dispatcher.apply({ brokers: [], triggers: [] })
  await world.append('1')

  await dispatcher.apply({ brokers: [aBroker()], triggers: [aTrigger('a')] })
  await world.until(() => world.client.requests.length === 1, 'the event')

  t.same(world.client.idsTo('a'), ['1'])
  await dispatcher.close(0)
})

t.test('compatibility knative-kafka adds the Kafka position to what is delivered', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a', { compatibility: 'knative-kafka' }))
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the event')

  const attributes = world.client.requests[0]?.event.attributes
  t.equal(attributes?.get('knativekafkapartition'), 0)
  t.equal(attributes?.get('knativekafkaoffset'), '0')
  await dispatcher.close(0)
})

t.test('three partitions deliver everything, each key in order', async (t) => {
  const world = new World(3)
  const dispatcher = await world.dispatcher(aTrigger('a', { order: 'ordered' }))
  const records = Array.from({ length: 300 }, (_, i) => ({
    event: anEvent({ id: String(i), partitionkey: `k${i % 7}` }),
    hops: 0,
  }))
  await world.appendRecords(records)
  await world.until(() => world.client.requests.length === 300, 'all')

  for (let key = 0; key < 7; key++) {
    const ids = world.client
      .idsTo('a')
      .filter((id) => Number(id) % 7 === key)
      .map(Number)
    t.same(
      ids,
      [...ids].sort((a, b) => a - b),
    )
  }
  await dispatcher.close(0)
})

t.test('requests say how the Trigger wants its events', async (t) => {
  const world = new World()
  world.client.answer = ({ destination }) =>
    destination === 'http://sink/' ? succeed : fail(400, false)
  const delivery = {
    ...aTrigger('x').delivery,
    deadLetterSink: 'http://sink/',
    deadLetterSinkCaCerts: 'of the sink',
    format: 'json',
  } as const
  const wire = { subscriberCaCerts: 'of a', maxHeaderBytes: 5, attributeEncoding: 'raw' } as const
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery, ...wire }))
  await world.append('1')

  await world.until(() => world.client.requests.length === 2, 'the sink')

  const same = { format: 'json', maxHeaderBytes: 5, attributeEncoding: 'raw' }
  t.match(world.client.requests, [
    { destination: 'http://a/', caCerts: 'of a', ...same },
    { destination: 'http://sink/', caCerts: 'of the sink', ...same },
  ])
  await dispatcher.close(0)
})
