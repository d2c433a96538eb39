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
