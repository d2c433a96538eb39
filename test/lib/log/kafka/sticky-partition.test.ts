import t from 'tap'
import { StickyPartition } from '#log/kafka/sticky-partition.ts'

const KIB = 1024

t.test('stays with a partition until it was given 32 KiB, and goes through all of them', (t) => {
  const keyless = new StickyPartition(() => 0)

  const taken = Array.from({ length: 5 * 8 }, () => keyless.take(4 * KIB, 4))

  const expected = [0, 1, 2, 3, 0].flatMap((partition) =>
    Array.from({ length: 8 }, () => partition),
  )
  t.strictSame(taken, expected)
  t.end()
})

t.test('passes by the partitions for which more waits than for others', (t) => {
  const waiting = [0, 900, 0, 900]
  const keyless = new StickyPartition((partition) => waiting[partition] ?? 0)

  const taken = Array.from({ length: 5 }, () => keyless.take(32 * KIB, 4))

  t.strictSame(taken, [0, 2, 0, 2, 0])
  t.end()
})

t.test('goes on where it is while more waits for all others', (t) => {
  const waiting = [10, 900, 900]
  const keyless = new StickyPartition((partition) => waiting[partition] ?? 0)

  t.strictSame([keyless.take(32 * KIB, 3), keyless.take(1, 3)], [0, 0])
  t.end()
})

t.test('uses a partition that was added, and only those that are there', (t) => {
  const keyless = new StickyPartition(() => 0)

  const one = [keyless.take(40 * KIB, 1), keyless.take(40 * KIB, 1)]
  const two = [keyless.take(40 * KIB, 2), keyless.take(40 * KIB, 2)]
  const oneAgain = keyless.take(1, 1)

  t.strictSame([one, two, oneAgain], [[0, 0], [1, 0], 0])
  t.end()
})

t.test('leaves a partition that does not get on at once, unless none does', (t) => {
  const waiting = [0, 900, 800]
  const keyless = new StickyPartition((partition) => waiting[partition] ?? 0)

  const before = keyless.take(1, 3)
  waiting[0] = Number.POSITIVE_INFINITY
  const after = [keyless.take(1, 3), keyless.take(1, 3)]
  waiting.fill(Number.POSITIVE_INFINITY)
  const nowhere = [keyless.take(1, 3), keyless.take(1, 3)]

  t.strictSame([before, after, nowhere], [0, [2, 2], [2, 2]])
  t.end()
})
