import t from 'tap'
import { DeliveryQueue } from '../../services/dispatcher/delivery-queue.ts'
import { Fifo } from '../../services/dispatcher/fifo.ts'
import type { OpenDelivery } from '../../services/dispatcher/open-delivery.ts'
import { Slots } from '../../services/dispatcher/slots.ts'

const open = (offset: number, key?: string): OpenDelivery => ({
  offset,
  key,
  record: undefined,
  heldBy: undefined,
  failure: undefined,
})

t.test('Fifo keeps the order over many pushes and shifts', async (t) => {
  const fifo = new Fifo<number>()
  let next = 0
  for (let i = 0; i < 10_000; i++) {
    fifo.push(i)
    if (i % 3 !== 0 && fifo.shift() !== next++) t.fail('out of order')
  }
  t.equal(fifo.size, 10_000 - next)
  while (fifo.size > 0) if (fifo.shift() !== next++) t.fail('out of order')
  t.equal(next, 10_000)
  t.equal(fifo.shift(), undefined)
})

t.test('DeliveryQueue takes unordered deliveries in their order', async (t) => {
  const queue = new DeliveryQueue()
  for (const offset of [1, 2, 3]) queue.add(open(offset))
  t.same([queue.take()?.offset, queue.take()?.offset, queue.take()?.offset], [1, 2, 3])
  t.equal(queue.hasNext, false)
})

t.test('DeliveryQueue lets one delivery of a key go at a time, and other keys pass', async (t) => {
  const queue = new DeliveryQueue()
  const poison = open(1, 'a')
  for (const delivery of [poison, open(2, 'a'), open(3, 'b'), open(4, 'a')]) queue.add(delivery)
  t.equal(queue.take(), poison)
  const b = queue.take()
  t.equal(b?.offset, 3)
  t.equal(queue.hasNext, false, 'a waits for its first one')
  queue.again(poison)
  t.equal(queue.take(), poison, 'a retry still holds its key')
  t.equal(queue.hasNext, false)
  queue.ended(poison)
  const second = queue.take()
  t.equal(second?.offset, 2)
  t.equal(queue.hasNext, false)
  if (second !== undefined) queue.ended(second)
  t.equal(queue.take()?.offset, 4)
})

t.test('DeliveryQueue puts what is due again before what is fresh', async (t) => {
  const queue = new DeliveryQueue()
  queue.add(open(5))
  queue.again(open(1))
  t.same([queue.take()?.offset, queue.take()?.offset], [1, 5])
})

t.test('DeliveryQueue.reserve() holds the key through a back-off', async (t) => {
  const queue = new DeliveryQueue()
  const failed = open(1, 'a')
  t.equal(queue.reserve(failed), true)
  queue.add(open(2, 'a'))
  t.equal(queue.hasNext, false)
  queue.again(failed)
  t.equal(queue.take(), failed)
  queue.ended(failed)
  t.equal(queue.take()?.offset, 2)
})

t.test('Slots wakes whoever waited first, once for each slot that gets free', async (t) => {
  const slots = new Slots(2)
  const woken: string[] = []
  const taker = (name: string) => {
    const wake = () => {
      woken.push(name)
      slots.take(wake)
    }
    return wake
  }
  t.ok(slots.take(taker('x')) && slots.take(taker('x')))
  const a = taker('a')
  t.notOk(slots.take(a))
  t.notOk(slots.take(a), 'asking twice waits once')
  t.notOk(slots.take(taker('b')))
  slots.give()
  t.same(woken, ['a'])
  slots.give()
  t.same(woken, ['a', 'b'])
})

t.test('a slot that is not taken by whoever is woken goes to the next', async (t) => {
  const slots = new Slots(1)
  const woken: string[] = []
  t.ok(slots.take(() => woken.push('x')))
  t.notOk(slots.take(() => woken.push('stands now')))
  t.notOk(slots.take(() => woken.push('next')))
  slots.give()
  t.same(woken, ['stands now', 'next'])
})

t.test('Slots.resize() takes effect at once', async (t) => {
  const slots = new Slots(1)
  let woken = 0
  t.ok(slots.take(() => woken++))
  t.notOk(slots.take(() => woken++))
  slots.resize(2)
  t.equal(woken, 1)
  t.ok(slots.take(() => woken++))
  slots.resize(1)
  slots.give()
  t.equal(slots.used, 1)
  t.notOk(
    slots.take(() => woken++),
    'still at the smaller bound',
  )
})
