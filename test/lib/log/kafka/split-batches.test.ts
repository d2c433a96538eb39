import { readFileSync } from 'node:fs'
import t from 'tap'
import { splitBatches } from '#log/kafka/split-batches.ts'
import { StickyPartition } from '#log/kafka/sticky-partition.ts'
import { anEvent } from '../../../support/an-event.ts'

const NOW = 1_700_000_000_000
const MAX_BYTES = 1024 * 1024
/** As in fixtures/README.md: what Kafka's own client computes, for 10 partitions. */
const ROWS: readonly (readonly [key: string, hash: number, partitions: readonly number[]])[] =
  JSON.parse(readFileSync(new URL('fixtures/partitions.json', import.meta.url), 'utf8'))
const TEN = 3

const split = (events: readonly ReturnType<typeof anEvent>[], keyless = sticky()) =>
  splitBatches(
    events.map((event) => ({ event, hops: 0 })),
    10,
    keyless,
    MAX_BYTES,
    NOW,
  ).batches

function sticky(): StickyPartition {
  return new StickyPartition(() => 0)
}

t.test("an event with a partitionkey goes where Kafka's own client puts it", (t) => {
  for (const [key, , partitions] of ROWS) {
    if (key === '') continue
    const [batch] = split([anEvent({ partitionkey: key })])
    t.equal(batch?.partition, partitions[TEN], JSON.stringify(key))
  }
  t.end()
})

t.test('events without a partitionkey share a batch, and over time use all partitions', (t) => {
  const keyless = sticky()
  const events = Array.from({ length: 1000 }, (_, id) =>
    anEvent({ id: String(id) }, 'x'.repeat(900)),
  )

  const first = split(events.slice(0, 20), keyless)
  const later = split(events.slice(20), keyless)

  t.equal(first.length, 1)
  t.equal(new Set(later.map(({ partition }) => partition)).size, 10)
  t.end()
})

t.test('every event is in one batch, in the order of the call', (t) => {
  const events = Array.from({ length: 500 }, (_, id) =>
    anEvent(id % 3 === 0 ? { id: String(id) } : { id: String(id), partitionkey: `k${id % 7}` }),
  )

  const batches = split(events)

  const indexes = batches.flatMap((batch) => batch.indexes)
  t.strictSame(
    indexes.toSorted((a, b) => a - b),
    [...events.keys()],
  )
  for (const batch of batches) {
    t.strictSame(
      batch.indexes,
      batch.indexes.toSorted((a, b) => a - b),
    )
  }
  t.end()
})
