import t from 'tap'
import type { DeadLetter } from '#dead-letters/dead-letters.ts'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { hasExpired } from '../../services/dispatcher/has-expired.ts'
import { anEvent } from '../support/an-event.ts'
import { aTrigger, BROKER, fail, succeed, World } from './harness.ts'

const NOON = Date.UTC(2025, 0, 31, 12)

t.test('hasExpired() is true after the expirytime, and not before or at it', async (t) => {
  const table: readonly (readonly [expirytime: string | number | boolean, isPast: boolean])[] = [
    ['2025-01-31T11:59:59Z', true],
    ['2025-01-31T11:59:59.999Z', true],
    ['2025-01-31T12:00:00Z', false],
    ['2025-01-31T12:00:00.000000001Z', false],
    ['2025-01-31T12:00:01Z', false],
    ['2025-01-31t11:00:00z', true],
    ['2025-01-31T12:30:00+01:00', true],
    ['2025-01-31T11:30:00-01:00', false],
    ['2025-01-31T11:59:59.123456789012345678901Z', true],
    ['1990-12-31T23:59:60Z', true],
    ['9999-12-31T23:59:59Z', false],
    ['0001-01-01T00:00:00Z', true],
    ['2024-12-32T00:00:00Z', false],
    ['2024-01-01', false],
    ['2024-01-01 00:00:00Z', false],
    ['long ago', false],
    ['', false],
    [1_000_000, false],
    [true, false],
  ]
  for (const [expirytime, isPast] of table) {
    const { attributes, data } = anEvent()
    const event = { attributes: new Map([...attributes, ['expirytime', expirytime]]), data }
    t.equal(hasExpired(event, NOON), isPast, `${expirytime}`)
  }
  t.equal(hasExpired(anEvent(), NOON), false, 'without one')
  const leap = anEvent({ expirytime: '1990-12-31T23:59:60.5Z' })
  t.equal(hasExpired(leap, Date.UTC(1991, 0, 1, 0, 0, 0, 500)), false, 'a leap second')
  t.equal(hasExpired(leap, Date.UTC(1991, 0, 1, 0, 0, 0, 501)), true, 'a leap second that is over')
})

/** An event that expires so many milliseconds from now. */
function expiringIn(world: World, ms: number, id = '1') {
  const expirytime = new Date(world.clock.now() + ms).toISOString()
  return { event: anEvent({ id, expirytime }), hops: 0 }
}

async function onlyLetter(world: World) {
  const { letters } = await world.deadLetters.list({ limit: 10 })
  return letters.length === 1 ? letters[0] : undefined
}

t.test('an event that has expired is not delivered, but kept and counted', async (t) => {
  const world = new World()
  const parts = world.parts()
  const dispatcher = new Dispatcher(parts)
  await dispatcher.apply(world.snapshot(aTrigger('a'), aTrigger('b')))
  await world.appendRecords([expiringIn(world, -1), expiringIn(world, 60_000, '2')])

  await world.until(() => world.client.requests.length === 2, 'the one that has not')
  await world.until(async () => (await world.deadLetters.count()) === 2, 'the dead letters')

  t.same([...world.client.idsTo('a'), ...world.client.idsTo('b')], ['2', '2'])
  const { letters } = await world.deadLetters.list({ limit: 10, trigger: 'default/a' })
  t.match(letters, [
    {
      reason: 'expired',
      destination: 'http://a/',
      offset: 0,
      attempts: [],
      error: /^Its expirytime, 2/,
    },
  ])
  t.equal(letters[0]?.status, undefined)
  await world.settle()
  t.same((await world.cursors.load(BROKER, 0))?.triggers.get('default/a')?.open, [])
  const metrics = await parts.registry.metrics()
  t.match(metrics, 'sluice_deliveries_expired_total{trigger="default/a"} 1')
  t.match(metrics, 'sluice_dead_letters_total{trigger="default/a",to="store"} 1')
  t.notMatch(metrics, 'sluice_delivery_failures_total{')
  await dispatcher.close(0)
})

t.test('an event that expires between two attempts is not tried again', async (t) => {
  const world = new World()
  world.client.answer = () => fail(503)
  const delivery = { ...aTrigger('x').delivery, retry: 1000, backoffDelayMs: 400 }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  const expiresAt = world.clock.now() + 3000
  await world.appendRecords([expiringIn(world, 3000)])

  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  const letter = await onlyLetter(world)
  t.match(letter, { reason: 'expired', status: 503, attempts: [{ status: 503 }] })
  t.equal(letter?.attempts.length, world.client.requests.length)
  t.ok(
    letter?.attempts.every(({ time }) => time <= expiresAt),
    'none of them too late',
  )
  await world.settle()
  t.same([...((await world.cursors.load(BROKER, 0))?.failures.get('default/a') ?? [])], [])
  await dispatcher.close(0)
})

t.test('a dead letter sink does not get an event that has expired', async (t) => {
  const world = new World()
  const delivery = { ...aTrigger('x').delivery, deadLetterSink: 'http://sink/' }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  await world.appendRecords([expiringIn(world, -1)])

  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.match(await onlyLetter(world), { reason: 'expired' })
  t.same(world.client.requests, [])
  await dispatcher.close(0)
})

t.test('what failed in time goes to the dead letter sink, however long that takes', async (t) => {
  const world = new World()
  const delivery = { ...aTrigger('x').delivery, deadLetterSink: 'http://sink/', retry: 3 }
  let answers = 0
  world.client.answer = ({ destination }) => {
    if (destination !== 'http://sink/') return fail(400, false)
    answers += 1
    return answers < 3 ? fail(503) : succeed
  }
  const dispatcher = await world.dispatcher(aTrigger('a', { delivery }))
  await world.appendRecords([expiringIn(world, 500)])

  await world.until(() => answers === 3, 'the sink, two back-offs later')
  await world.settle()

  t.same(world.client.idsTo('a'), ['1'])
  t.equal(await world.deadLetters.count(), 0)
  await dispatcher.close(0)
})

t.test('an expired event that cannot be kept stays open until it can', async (t) => {
  const world = new World()
  const letters: DeadLetter[] = []
  let failures = 3
  const put = world.deadLetters.put.bind(world.deadLetters)
  world.deadLetters.put = async (letter) => {
    letters.push(letter)
    if (failures-- > 0) throw new Error('disk full')
    await put(letter)
  }
  const trigger = aTrigger('a')
  const first = await world.dispatcher(trigger)
  await world.appendRecords([expiringIn(world, -1)])
  await world.until(() => letters.length === 1, 'the first attempt to keep it')
  await world.settle()
  t.match((await world.cursors.load(BROKER, 0))?.failures.get('default/a')?.get(0), {
    phase: 'deliver',
    count: 0,
    delayMs: 1000,
  })
  await first.close(0)

  const second = await world.dispatcher(trigger)
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')

  t.equal(letters.length, 4)
  t.match(await onlyLetter(world), { reason: 'expired', attempts: [] })
  t.same(world.client.requests, [])
  await second.close(0)
})

t.test('compatibility knative-kafka does not look at expirytime', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a', { compatibility: 'knative-kafka' }))
  await world.appendRecords([expiringIn(world, -1)])

  await world.until(() => world.client.requests.length === 1, 'the delivery')

  t.equal(await world.deadLetters.count(), 0)
  await dispatcher.close(0)
})

t.test('an expired event lets the next one of its key go', async (t) => {
  const world = new World()
  const dispatcher = await world.dispatcher(aTrigger('a', { order: 'ordered' }))
  const { event, hops } = expiringIn(world, -1)
  const keyed = {
    attributes: new Map([...event.attributes, ['partitionkey', 'k']]),
    data: undefined,
  }
  await world.appendRecords([
    { event: keyed, hops },
    { event: anEvent({ id: '2', partitionkey: 'k' }), hops },
  ])

  await world.until(() => world.client.requests.length === 1, 'the next one')

  t.same(world.client.idsTo('a'), ['2'])
  await dispatcher.close(0)
})
