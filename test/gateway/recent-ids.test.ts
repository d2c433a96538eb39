import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { type IdHash, RecentIds } from '../../services/gateway/recent-ids.ts'

const KEY = Buffer.from('0123456789abcdef')
const HOUR = 3_600_000

/** The last two places of any index, and the first: whoever is pushed on goes round its end. */
const FIRST_BYTES = [0xfe, 0xff, 0]

/** Hashes that crowd into few places of the index, and are zero but for one byte beyond the first word. */
function crowdedHash(n: number): IdHash {
  const bytes = Array<number>(16).fill(0)
  bytes.fill(FIRST_BYTES[n % FIRST_BYTES.length] ?? 0, 0, 4)
  bytes[4 + (n % 12)] = n + 1
  return String.fromCharCode(...bytes)
}

/** What `RecentIds` promises, said the plain way. */
class Model {
  readonly #entries: { hash: IdHash; time: number }[] = []
  readonly #capacity: number
  forgotten = 0

  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return new Set(this.#entries.map(({ hash }) => hash)).size
  }

  seen(hash: IdHash, now: number, windowMs: number): boolean {
    const latest = this.#entries.findLast((entry) => entry.hash === hash)
    return latest !== undefined && now - latest.time < windowMs
  }

  add(hash: IdHash, now: number, windowMs: number): void {
    if (this.#entries.length === this.#capacity) {
      const oldest = this.#entries.shift()
      const isLatest = this.#entries.every((entry) => entry.hash !== oldest?.hash)
      if (oldest !== undefined && isLatest && now - oldest.time < windowMs) this.forgotten += 1
    }
    this.#entries.push({ hash, time: now })
  }
}

t.test('RecentIds remembers, expires and forgets exactly as a list would', async () => {
  const step = fc.record({
    add: fc.boolean(),
    id: fc.nat(30),
    passMs: fc.integer({ min: -1, max: 6 }),
    windowMs: fc.constantFrom(1, 5, 20, HOUR),
  })

  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.array(step, { maxLength: 200 }),
      (size, steps) => {
        const recent = new RecentIds(KEY, size)
        const model = new Model(size)
        let now = 1_735_689_600_000
        for (const { add, id, passMs, windowMs } of steps) {
          now += passMs
          if (add) {
            recent.add(crowdedHash(id), now, windowMs)
            model.add(crowdedHash(id), now, windowMs)
          }
          for (let other = 0; other <= 30; other++) {
            const hash = crowdedHash(other)
            assert.equal(recent.seen(hash, now, windowMs), model.seen(hash, now, windowMs))
          }
          assert.equal(recent.size, model.size)
          assert.equal(recent.forgotten, model.forgotten)
        }
      },
    ),
    { numRuns: 150 },
  )
})

t.test('a million ids are remembered in 32 MiB, and the oldest make room', async (t) => {
  const before = process.memoryUsage().arrayBuffers
  const recent = new RecentIds(KEY)
  const extra = 100_000
  const last = 1_000_000 + extra
  for (let n = 0; n < last; n++) recent.add(recent.hash('default/shop', '/orders', `${n}`), n, HOUR)

  t.ok(process.memoryUsage().arrayBuffers - before <= 32 * 1024 * 1024)
  t.equal(recent.size, 1_000_000)
  t.equal(recent.forgotten, extra)
  const wrong: number[] = []
  for (const [from, to, isSeen] of [
    [0, extra, false],
    [extra, last, true],
    [last, last + extra, false],
  ] as const) {
    for (let n = from; n < to; n += 13) {
      if (recent.seen(recent.hash('default/shop', '/orders', `${n}`), last, HOUR * 2) !== isSeen) {
        wrong.push(n)
      }
    }
  }
  t.strictSame(wrong, [])
  t.ok(
    recent.seen(recent.hash('default/shop', '/orders', `${extra}`), last, HOUR * 2),
    'oldest kept',
  )
  t.notOk(recent.seen(recent.hash('default/shop', '/orders', `${extra - 1}`), last, HOUR * 2))
})

t.test('ids that make room after their window are not counted as forgotten', async (t) => {
  const recent = new RecentIds(KEY, 2)

  for (const n of [0, 1, 2, 3]) recent.add(crowdedHash(n), n * 10, 20)

  t.equal(recent.forgotten, 0)
})

t.test('hash() separates triples whose concatenation is equal', async (t) => {
  const recent = new RecentIds(KEY)
  const triples = [
    ['a', 'bc', 'd'],
    ['ab', 'c', 'd'],
    ['a', 'b', 'cd'],
    ['', 'abc', 'd'],
    ['a', '', 'bcd'],
    ['abcd', '', ''],
    ['1', '1:1', ''],
    ['1', '1:', '1'],
    ['a', 'ü', 'x'],
    ['a', 'u', '\u0308x'],
  ] as const

  const hashes = triples.map((triple) => recent.hash(triple[0], triple[1], triple[2]))

  t.equal(new Set(hashes).size, triples.length)
  t.equal(recent.hash('a', 'bc', 'd'), hashes[0], 'the same triple has the same hash')
  for (const hash of hashes) t.match(hash, /^[\0-\xff]{16}$/s)
})

t.test('hash() depends on the key', async (t) => {
  const one = new RecentIds(KEY, 1).hash('a', 'b', 'c')
  const other = new RecentIds(Buffer.from('0123456789abcdeF'), 1).hash('a', 'b', 'c')

  t.not(one, other)
})
