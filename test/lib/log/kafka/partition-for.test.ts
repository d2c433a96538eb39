import { readFileSync } from 'node:fs'
import t from 'tap'
import { murmur2 } from '#log/kafka/murmur2.ts'
import { partitionFor } from '#log/kafka/partition-for.ts'
import { partitionForKey } from '#log/kafka/partition-for-key.ts'
import { anEvent } from '../../../support/an-event.ts'

/** As in fixtures/README.md: what Kafka's own client computes. */
const COUNTS = [1, 2, 3, 10, 12, 100, 1000]
const ROWS: readonly (readonly [key: string, hash: number, partitions: readonly number[]])[] =
  JSON.parse(readFileSync(new URL('fixtures/partitions.json', import.meta.url), 'utf8'))

t.test("murmur2() is the hash of Kafka's own client", (t) => {
  for (const [key, hash] of ROWS) t.equal(murmur2(Buffer.from(key)), hash, JSON.stringify(key))
  t.end()
})

t.test('murmur2() of a view looks at the view only', (t) => {
  const bytes = Buffer.from('.abcdefg.')

  t.equal(murmur2(bytes.subarray(1, 8)), murmur2(Buffer.from('abcdefg')))
  t.end()
})

t.test("partitionForKey() is the choice of Kafka's own client", (t) => {
  for (const [key, , partitions] of ROWS) {
    t.strictSame(
      COUNTS.map((count) => partitionForKey(key, count)),
      partitions,
      JSON.stringify(key),
    )
  }
  t.end()
})

t.test('partitionFor() takes the partitionkey, whatever else the event is', (t) => {
  for (const [key, , partitions] of ROWS) {
    const event = anEvent({ partitionkey: key, id: key.toUpperCase() })
    t.strictSame(
      COUNTS.map((count) => partitionFor(event, count)),
      partitions,
    )
  }
  t.end()
})

t.test('partitionFor() without a partitionkey goes by source and id alone', (t) => {
  const event = anEvent({ source: '/orders', id: '1', type: 'a' })
  const again = anEvent({ source: '/orders', id: '1', type: 'b' }, 'other data')

  t.equal(partitionFor(event, 1000), partitionForKey('/orders\n1', 1000))
  t.equal(partitionFor(again, 1000), partitionFor(event, 1000))
  t.end()
})

t.test('partitionFor() spreads events without a partitionkey', (t) => {
  const counts = Array.from({ length: 10 }, () => 0)

  for (let id = 0; id < 10_000; id++) {
    const partition = partitionFor(anEvent({ id: String(id) }), 10)
    counts[partition] = (counts[partition] ?? 0) + 1
  }

  t.ok(Math.min(...counts) > 800 && Math.max(...counts) < 1200, counts.join(' '))
  t.end()
})
