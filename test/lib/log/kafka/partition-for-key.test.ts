import { readFileSync } from 'node:fs'
import t from 'tap'
import { murmur2 } from '#log/kafka/murmur2.ts'
import { partitionForKey } from '#log/kafka/partition-for-key.ts'

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
