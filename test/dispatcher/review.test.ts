import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import type { Cursors } from '#cursors/cursors.ts'
import { aTrigger, World } from './harness.ts'

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
