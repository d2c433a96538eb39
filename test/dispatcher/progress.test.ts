import { pino } from 'pino'
import t from 'tap'
import { Dispatcher } from '../../services/dispatcher/dispatcher.ts'
import { anEvent } from '../support/an-event.ts'
import { HandGroup } from '../support/hand-group.ts'
import { aTrigger, BROKER, succeed, World } from './harness.ts'

t.test('what is done is shown every 15 s, per Trigger, where it has changed', async (t) => {
  const world = new World(3)
  world.group = new HandGroup(() => [0, 1])
  let end = () => {}
  world.client.answer = ({ event }) =>
    event.attributes.get('id') === 'slow'
      ? new Promise((resolve) => (end = () => resolve(succeed)))
      : succeed
  const dispatcher = await world.dispatcher(aTrigger('a'), aTrigger('b', { paused: true }))
  const kept = world.logs.kept(BROKER)
  for (const id of ['1', 'slow', '3']) {
    kept.partition(1).append({ event: anEvent({ id }), hops: 0 }, world.clock.now())
  }
  kept.waiters.wake()
  await world.until(() => world.client.requests.length === 3, 'all')
  t.same(world.progress, [])

  world.clock.advance(15_000)
  await world.settle()
  const at = (partition: number, offset: number) => ({ partition, offset })
  t.same(world.progress, [
    { trigger: 'default/a', positions: [at(0, 0), at(1, 1)] },
    { trigger: 'default/b', positions: [at(0, 0), at(1, 0)] },
  ])

  world.progress.length = 0
  world.clock.advance(15_000)
  t.same(world.progress, [], 'nothing has changed')
  end()
  await world.settle()
  world.clock.advance(15_000)
  t.same(world.progress, [{ trigger: 'default/a', positions: [at(0, 0), at(1, 3)] }])
  await dispatcher.close(0)
  t.equal(world.clock.pending, 0)
})

t.test('progress that cannot be shown is shown the next time, and one at a time', async (t) => {
  const world = new World(1)
  let isBroken = true
  world.publishing = async () => {
    if (isBroken) throw new Error('no coordinator')
  }
  const dispatcher = await world.dispatcher(aTrigger('a'))
  world.clock.advance(15_000)
  await world.settle()
  t.equal(world.progress.length, 1)
  isBroken = false
  let letGo = () => {}
  world.publishing = () => new Promise((resolve) => (letGo = resolve))
  world.clock.advance(15_000)
  await world.settle()
  t.equal(world.progress.length, 2)

  world.clock.advance(15_000)
  t.equal(world.progress.length, 2, 'the one before is not over')
  letGo()
  await world.settle()
  world.clock.advance(15_000)
  t.equal(world.progress.length, 2, 'it was shown')
  await world.append('1')
  await world.until(() => world.client.requests.length === 1, 'the event')
  world.clock.advance(15_000)
  await world.settle()
  t.equal(world.progress.length, 3)
  await dispatcher.close(0)
})

t.test(
  'a Trigger whose group Knative is still in is warned of once, not with each other that is shown',
  async (t) => {
    const world = new World(1)
    const lines: string[] = []
    const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) })
    world.publishing = async () => {
      if (world.progress.at(-1)?.trigger === 'default/a') throw new Error('UNKNOWN_MEMBER_ID')
    }
    const dispatcher = new Dispatcher({ ...world.parts(), logger })
    await dispatcher.apply(world.snapshot(aTrigger('a'), aTrigger('b')))
    for (const id of ['1', '2', '3']) {
      await world.append(id)
      await world.until(() => world.client.idsTo('b').length === Number(id), 'the event')
      await world.settle()
      world.clock.advance(15_000)
      await world.settle()
    }

    t.equal(world.progress.filter(({ trigger }) => trigger === 'default/b').length, 3)
    t.equal(lines.filter((line) => line.includes('Progress cannot be shown')).length, 1)
    await dispatcher.close(0)
  },
)
