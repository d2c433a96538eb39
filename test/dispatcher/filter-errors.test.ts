import t from 'tap'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { anEvent } from '../support/an-event.ts'
import { aTrigger, succeed, World } from './harness.ts'

const cesql = (text: string) => ({ filters: [{ cesql: text }] })

async function startIn(world: World, ...triggers: ReturnType<typeof aTrigger>[]) {
  const parts = world.parts()
  const dispatcher = new Dispatcher(parts)
  await dispatcher.apply(world.snapshot(...triggers))
  /** `sluice_filter_errors_total`, one line for each Trigger and reason. */
  const counted = async () => {
    const metric = await parts.registry.getSingleMetric('sluice_filter_errors_total')?.get()
    return metric?.values.map(({ labels, value }) => `${labels.trigger} ${labels.reason} ${value}`)
  }
  return { dispatcher, counted }
}

t.test('an event that an expression cannot judge is not delivered, and counted', async (t) => {
  const world = new World()
  const { dispatcher, counted } = await startIn(
    world,
    aTrigger('a', cesql(`subject LIKE 'x%'`)),
    aTrigger('b', cesql('id / id')),
    aTrigger('c', cesql('NOT EXISTS subject')),
  )
  const events = [anEvent({ id: '0', subject: 'xy' }), anEvent({ id: '1' }), anEvent({ id: '2' })]
  await world.appendRecords(events.map((event) => ({ event, hops: 0 })))
  await world.until(() => world.client.idsTo('c').length === 2, 'the last of them')
  await world.until(() => world.client.idsTo('a').length === 1, 'the one with a subject')

  t.same(world.client.idsTo('a'), ['0'])
  t.same(world.client.idsTo('b'), [])
  t.same((await counted())?.toSorted(), [
    'default/a missing-attribute 2',
    'default/b math 1',
    'default/b not-boolean 2',
  ])
  await dispatcher.close(0)
})

t.test('an event that comes while a Trigger is detached is counted once', async (t) => {
  const world = new World()
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()
  world.client.answer = async ({ destination }) => {
    if (destination === 'http://slow/') await gate
    return succeed
  }
  const slow = aTrigger('slow', cesql(`EXISTS subject OR region = 'x'`))
  const { dispatcher, counted } = await startIn(world, slow, aTrigger('fast'))
  const record = (id: number) => ({
    event: anEvent(id < 5000 ? { id: `${id}`, subject: 'x' } : { id: `${id}` }),
    hops: 0,
  })
  for (let id = 0; id < 5010; id += 10) {
    await world.appendRecords(Array.from({ length: 10 }, (_, i) => record(id + i)))
  }
  await world.until(() => world.client.idsTo('fast').length === 5010, 'all are judged')
  t.match((await dispatcher.statuses())[0], { state: 'detached' })
  t.same(await counted(), [])

  open()
  await world.until(async () => (await dispatcher.statuses())[0]?.lag === 0, 'it has caught up')

  t.same(await counted(), ['default/slow missing-attribute 10'])
  await dispatcher.close(0)
})
