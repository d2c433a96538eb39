import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { Crowd } from '../../services/dispatcher/crowd.ts'
import type { Egress } from '../../services/dispatcher/egress.ts'
import { SpecHistory } from '../../services/dispatcher/spec-history.ts'
import { anEvent } from '../support/an-event.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { aTrigger } from './harness.ts'

const byId = (id: string) => aTrigger('a', { filters: [{ exact: { id } }] })
const passes = (history: SpecHistory, offset: number) =>
  ['1', '2', '3'].filter((id) => history.filterAt(offset)(anEvent({ id })))

t.test('SpecHistory filters each offset by what applied there', async (t) => {
  const history = new SpecHistory([], () => {})
  t.same(passes(history, 0), [], 'nothing without a specification')
  t.equal(history.apply(byId('1'), 10), true)
  t.equal(history.apply(byId('1'), 15), false, 'the same again is no news')
  t.equal(history.apply(byId('2'), 20), true)
  t.same(passes(history, 10), ['1'])
  t.same(passes(history, 19), ['1'])
  t.same(passes(history, 20), ['2'])
  t.same(passes(history, 5), ['1'], 'below the first one, that one')
  t.equal(history.apply(byId('3'), 20), true, 'changed again before an event came')
  t.same(passes(history, 19), ['1'])
  t.same(passes(history, 20), ['3'])
  t.same(passes(new SpecHistory(history.list, () => {}), 19), ['1'], 'and after a restart')
})

t.test('SpecHistory keeps the latest 16', async (t) => {
  const history = new SpecHistory([], () => {})
  for (let from = 0; from < 20; from++) history.apply(byId(String(from)), from)
  t.equal(history.list.length, 16)
  t.equal(history.list.at(-1)?.from, 19)
})

/** What Crowd looks at. */
function anEgress(openCount: number) {
  return { openCount, attached: true } as { openCount: number; attached: boolean } & Egress
}

function waiting(crowd: Crowd, clock: FakeClock, signal = new AbortController().signal) {
  const state = { isOver: false }
  void crowd.thinned(clock, signal).then(() => {
    state.isOver = true
  })
  return state
}

t.test('Crowd waits for a Trigger that has much to deliver, until it has less', async (t) => {
  const clock = new FakeClock()
  const crowd = new Crowd()
  const few = anEgress(512)
  crowd.joined(few)
  const nobody = waiting(crowd, clock)
  await turn()
  t.ok(nobody.isOver, 'nobody is crowded')

  const many = anEgress(513)
  crowd.joined(many)
  const wait = waiting(crowd, clock)
  crowd.left(many)
  await turn()
  t.notOk(wait.isOver)
  many.openCount = 512
  crowd.left(many)
  await turn()
  t.ok(wait.isOver)
  t.equal(clock.pending, 0)
})

t.test('Crowd waits once for a slow Trigger, and again when it has recovered', async (t) => {
  const clock = new FakeClock()
  const crowd = new Crowd()
  const slow = anEgress(600)
  crowd.joined(slow)
  const first = waiting(crowd, clock)
  clock.advance(99)
  await turn()
  t.notOk(first.isOver)
  clock.advance(1)
  await turn()
  t.ok(first.isOver)
  crowd.joined(slow)
  const second = waiting(crowd, clock)
  await turn()
  t.ok(second.isOver, 'it is known to be slow')
  slow.openCount = 500
  crowd.left(slow)
  slow.openCount = 600
  crowd.joined(slow)
  const third = waiting(crowd, clock)
  await turn()
  t.notOk(third.isOver)
  slow.attached = false
  crowd.left(slow)
  await turn()
  t.ok(third.isOver, 'nobody waits for a detached one')
})

t.test('Crowd ends its waiting when reading ends', async (t) => {
  const clock = new FakeClock()
  const crowd = new Crowd()
  crowd.joined(anEgress(600))
  const reading = new AbortController()
  const wait = waiting(crowd, clock, reading.signal)
  reading.abort()
  await turn()
  t.ok(wait.isOver)
  t.equal(clock.pending, 0)
})
