import t from 'tap'
import { LikePattern } from '#filters/cesql/like-pattern.ts'
import { evaluate } from './evaluate.ts'

const a = (count: number) => 'a'.repeat(count)

/** Patterns that take a matcher which goes back exponential time, or at least cubic. */
const pathological: readonly (readonly [
  name: string,
  pattern: string,
  text: string,
  is: boolean,
])[] = [
  ['one letter between many %', `${'%a'.repeat(500)}%b`, a(2000), false],
  ['the same, and it matches', `${'%a'.repeat(500)}%`, a(2000), true],
  ['% and _ in turn', `${'%_'.repeat(500)}b`, a(2000), false],
  ['many % in a row', `${'%'.repeat(2000)}b`, a(2000), false],
  ['a long text that nearly matches', `%${a(500)}b%`, a(2000), false],
  ['the same with _', `%${a(250)}_${a(249)}b%`, a(2000), false],
  ['a mismatch at the front', `%b${a(500)}%`, a(2000), false],
]

t.test('matches() takes at most length of text times length of pattern', async (t) => {
  for (const [name, pattern, text, is] of pathological) {
    let steps = 0
    const spend = (count: number) => {
      steps += count
      return true
    }

    t.equal(new LikePattern(pattern).matches(text, { spend }), is, name)
    t.ok(steps <= (text.length + 1) * (pattern.length + 1), `${name}: ${steps} steps`)
  }
})

t.test('matches() does not know where its budget ends', async (t) => {
  const pattern = new LikePattern(`%${a(100)}_b%`)
  let left = 5000

  const spend = (count: number) => {
    left -= count
    return left >= 0
  }

  const matches = pattern.matches(a(1000), { spend })

  t.equal(matches, undefined)
})

t.test('LIKE on texts as long as they get is an error rather than slow', async (t) => {
  const attributes = new Map([['subject', a(1024 * 1024)]])

  t.same(evaluate(`subject LIKE '%${a(30_000)}_b%'`, attributes), [false, 'generic'])
  t.same(evaluate(`subject NOT LIKE '%${a(30_000)}_b%'`, attributes), [false, 'generic'])
  t.same(evaluate(`subject LIKE '%${a(30)}%'`, attributes), [true])
  t.same(evaluate(`subject LIKE 'a%'`, attributes), [true])
})
