import t from 'tap'
import { Deadlines } from '#delivery/http/deadlines.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

function setUp() {
  const clock = new FakeClock()
  const start = clock.now()
  const expired: (readonly [string, number])[] = []
  const one = (name: string) => ({ expire: () => expired.push([name, clock.now() - start]) })
  return { clock, deadlines: new Deadlines(clock), expired, one }
}

t.test('each deadline passes in time, never early and at most 10 ms late', (t) => {
  const { clock, deadlines, expired, one } = setUp()
  const starts: readonly (readonly [string, number, number])[] = [
    ['a', 0, 100],
    ['b', 0, 100],
    ['c', 0, 50],
    ['d', 9, 100],
    ['e', 10, 100],
    ['f', 55, 50],
  ]
  let now = 0
  for (const [name, at, delayMs] of starts) {
    clock.advance(at - now)
    now = at
    deadlines.add(delayMs, one(name))
  }
  t.equal(clock.pending, 3, 'a, b and d share one timer; c has passed')
  clock.advance(1000)
  t.strictSame(
    expired.toSorted(([a], [b]) => a.localeCompare(b)),
    [
      ['a', 109],
      ['b', 109],
      ['c', 50],
      ['d', 109],
      ['e', 110],
      ['f', 105],
    ],
  )
  t.equal(clock.pending, 0)
  t.end()
})

t.test('a deadline that is called off does not pass, and keeps no timer', (t) => {
  const { clock, deadlines, expired, one } = setUp()
  const first = deadlines.add(100, one('a'))
  const second = deadlines.add(100, one('b'))
  first.cancel()
  first.cancel()
  t.equal(clock.pending, 1, 'the other one still needs it')
  clock.advance(100)
  t.strictSame(expired, [['b', 100]])
  second.cancel()
  t.equal(clock.pending, 0)

  deadlines.add(100, one('c')).cancel()
  t.equal(clock.pending, 0, 'nobody needs it')
  const late = deadlines.add(100, one('d'))
  clock.advance(5)
  deadlines.add(100, one('e'))
  clock.advance(96)
  late.cancel()
  clock.advance(100)
  t.strictSame(expired.slice(1), [['e', 205]], 'nor after the time of the first is over')
  t.equal(clock.pending, 0)
  t.end()
})

t.test('a deadline may call off others, and set new ones', (t) => {
  const { clock, deadlines, expired, one } = setUp()
  const other = deadlines.add(200, one('b'))
  deadlines.add(100, {
    expire: () => {
      other.cancel()
      deadlines.add(100, one('c'))
    },
  })
  clock.advance(1000)
  t.strictSame(expired, [['c', 200]])
  t.equal(clock.pending, 0)
  t.end()
})

t.test('after the wall clock was set back, nobody joins an older deadline', (t) => {
  const { clock, expired, one } = setUp()
  const back = { now: () => clock.now() - offset, after: clock.after.bind(clock) }
  let offset = 0
  const others = new Deadlines(back)
  others.add(100, one('a'))
  clock.advance(90)
  offset = 3_600_000
  others.add(100, one('b'))
  clock.advance(1000)
  t.strictSame(expired, [
    ['a', 100],
    ['b', 190],
  ])
  t.end()
})
