import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { atMost } from '#time/at-most.ts'
import { FakeClock } from '../../support/fake-clock.ts'

t.test('atMost() resolves with the promise, and leaves no timer', async (t) => {
  const clock = new FakeClock()

  await atMost(1000, Promise.resolve('done'), clock)

  t.equal(clock.pending, 0)
})

t.test('atMost() throws what the promise is rejected with in time', async (t) => {
  const clock = new FakeClock()

  await t.rejects(atMost(1000, Promise.reject(new Error('refused')), clock), { message: 'refused' })

  t.equal(clock.pending, 0)
})

t.test('atMost() resolves when the time is over, whatever comes later', async (t) => {
  const clock = new FakeClock()
  const late = Promise.withResolvers<void>()
  let isOver = false
  const waited = atMost(1000, late.promise, clock).then(() => {
    isOver = true
  })

  clock.advance(999)
  await turn()
  t.notOk(isOver)
  clock.advance(1)
  await waited

  t.ok(isOver)
  late.reject(new Error('an unhandled rejection would fail this test'))
  await turn()
})
