import t from 'tap'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { anEvent } from '../support/an-event.ts'
import { aTrigger, BROKER, World } from './harness.ts'

const FOREIGN = {
  reason: 'It has no id',
  value: Buffer.from([0, 255]),
  headers: new Map([
    ['ce_type', 'old'],
    ['content-type', 'text/plain'],
    ['origin', 'crm'],
    ['not_a-name', 'x'],
    ['data', 'x'],
  ]),
}

async function spoiled(partitions = 1) {
  const world = new World(partitions)
  const parts = world.parts()
  const dispatcher = new Dispatcher(parts)
  await dispatcher.apply(world.snapshot(aTrigger('a')))
  const counted = async () => {
    const metric = await parts.registry.getSingleMetric('sluice_unreadable_records_total')?.get()
    return metric?.values
  }
  return { world, dispatcher, counted, kept: world.logs.kept(BROKER) }
}

t.test(
  'what is no CloudEvent becomes a dead letter of no Trigger, and the others go on',
  async (t) => {
    const { world, dispatcher, counted, kept } = await spoiled()
    await world.append('1')
    kept.appendUnreadable(0, FOREIGN)
    kept.appendUnreadable(0, { reason: 'It is empty', value: undefined, headers: new Map() })
    await world.append('2')
    await world.until(() => world.client.requests.length === 2, 'both events')
    await world.settle()

    t.same(world.client.idsTo('a'), ['1', '2'])
    const { letters } = await world.deadLetters.list({ limit: 10 })
    t.same(letters.map(({ offset }) => offset).toSorted(), [1, 2])
    const letter = await world.deadLetters.get(letters.find(({ offset }) => offset === 1)?.id ?? '')
    t.match(letter, {
      broker: BROKER,
      trigger: '',
      partition: 0,
      reason: 'unreadable-record',
      destination: '',
      error: 'It has no id',
      attempts: [],
    })
    t.same(
      [...(letter?.event.attributes ?? [])],
      [
        ['type', 'old'],
        ['datacontenttype', 'text/plain'],
        ['origin', 'crm'],
      ],
    )
    t.same([...(letter?.event.data ?? [])], [0, 255])
    t.match(await counted(), [{ value: 2, labels: { broker: BROKER } }])
    t.equal((await world.cursors.load(BROKER, 0))?.shared.offset, 4)
    await dispatcher.close(0)
  },
)

t.test('it is not passed over before it is kept, and holds up no other partition', async (t) => {
  const { world, dispatcher, counted, kept } = await spoiled(2)
  const put = world.deadLetters.put.bind(world.deadLetters)
  let isBroken = true
  world.deadLetters.put = async (letter) => {
    if (isBroken) throw new Error('no room')
    await put(letter)
  }
  let reads = 0
  world.reading = ({ partition }) => {
    if (partition === 1) reads++
  }
  kept.appendUnreadable(1, FOREIGN)
  const records = Array.from({ length: 40 }, (_, i) => ({
    event: anEvent({ id: `${i}` }),
    hops: 0,
  }))
  await world.appendRecords(records)
  const others = kept.partition(0).end
  await world.until(() => world.client.requests.length === others, 'the other partition')
  await world.settle()

  t.match(dispatcher.fault, /no room/)
  t.ok(reads <= 2, `it is not read again meanwhile: ${reads} reads`)
  t.equal((await world.cursors.load(BROKER, 1))?.shared.offset, 0)
  t.equal(world.client.requests.length, others)
  isBroken = false
  await world.until(() => world.client.requests.length === 40, 'the rest')
  t.equal(await world.deadLetters.count(), 1)
  t.match(await counted(), [{ value: 1 }])
  t.equal(dispatcher.fault, undefined)
  await dispatcher.close(0)
})

t.test('a dispatcher that stops before it could keep it keeps it after a restart', async (t) => {
  const { world, dispatcher, kept } = await spoiled()
  const put = world.deadLetters.put.bind(world.deadLetters)
  world.deadLetters.put = () => new Promise(() => {})
  kept.appendUnreadable(0, FOREIGN)
  await world.settle()
  await dispatcher.close(0)
  t.equal(world.clock.pending, 0)
  world.deadLetters.put = put

  const second = await world.dispatcher(aTrigger('a'))
  await world.until(async () => (await world.deadLetters.count()) === 1, 'the dead letter')
  await second.close(0)
})

t.test('who reads it again does not keep it again', async (t) => {
  const { world, dispatcher, counted, kept } = await spoiled()
  await world.append('1')
  kept.appendUnreadable(0, FOREIGN)
  await world.append('2')
  await world.until(() => world.client.requests.length === 2, 'both events')

  await dispatcher.apply(world.snapshot(aTrigger('a'), aTrigger('late', { start: 'earliest' })))
  await world.until(() => world.client.idsTo('late').length === 2, 'the past')

  t.same(world.client.idsTo('late'), ['1', '2'])
  t.match(await counted(), [{ value: 1 }])
  await dispatcher.close(0)
})
