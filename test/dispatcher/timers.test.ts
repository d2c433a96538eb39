import t from 'tap'
import { Timers } from '../../services/dispatcher/timers.ts'
import { FakeClock } from '../support/fake-clock.ts'

t.test('a task runs once, when its time has come', (t) => {
  const clock = new FakeClock()
  const timers = new Timers(clock)
  const ran: string[] = []
  timers.after(20, () => ran.push('later'))
  timers.after(10, () => ran.push('sooner'))

  clock.advance(9)
  t.strictSame(ran, [])
  clock.advance(100)

  t.strictSame(ran, ['sooner', 'later'])
  t.end()
})

t.test('close() calls off what is pending, and what comes after it', (t) => {
  const clock = new FakeClock()
  const timers = new Timers(clock)
  const ran: string[] = []
  timers.after(10, () => ran.push('pending'))

  timers.close()
  timers.after(10, () => ran.push('after'))

  t.equal(clock.pending, 0)
  clock.advance(100)
  t.strictSame(ran, [])
  t.end()
})
