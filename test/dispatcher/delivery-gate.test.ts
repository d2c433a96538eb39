import t from 'tap'
import { DeliveryGate } from '../../services/dispatcher/delivery-gate.ts'
import { untilAborted } from '../../services/dispatcher/until-aborted.ts'
import { FakeClock } from '../support/fake-clock.ts'

t.test('DeliveryGate calls who was held back once it is open, at most 100 ms later', async (t) => {
  const clock = new FakeClock()
  let isOpen = false
  const gate = new DeliveryGate(() => isOpen, clock)
  let calls = 0
  const whenOpen = () => {
    if (gate.passes(whenOpen)) calls++
  }
  whenOpen()
  whenOpen()
  clock.advance(1000)
  t.equal(calls, 0)

  isOpen = true
  clock.advance(99)
  t.equal(calls, 0)
  clock.advance(1)
  t.equal(calls, 1, 'once, however often it asked')
  t.equal(clock.pending, 0)
  t.equal(gate.passes(whenOpen), true)
})

t.test('DeliveryGate that is closed calls nobody', async (t) => {
  const clock = new FakeClock()
  const gate = new DeliveryGate(() => false, clock)
  gate.passes(() => t.fail('called'))

  gate.close()
  gate.look()

  t.equal(clock.pending, 0)
})

t.test('untilAborted() brings what the promise brings, or the reason of the signal', async (t) => {
  const stop = new AbortController()
  t.equal(await untilAborted(Promise.resolve(1), stop.signal), 1)
  await t.rejects(untilAborted(Promise.reject(new Error('broken')), stop.signal), /broken/)
  const { promise, reject } = Promise.withResolvers<never>()
  const waiting = untilAborted(promise, stop.signal)

  stop.abort(new Error('enough'))

  await t.rejects(waiting, /enough/)
  await t.rejects(untilAborted(Promise.resolve(1), stop.signal), /enough/)
  reject(new Error('too late, and nobody minds'))
})
