import t from 'tap'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { fuzzRecordBatches } from './fuzz-record-batches.ts'

const RUNS = 4000

t.test('a batch of Kafka is refused, or its records stand in their order', async (t) => {
  const { records, refused } = fuzzRecordBatches(fuzzSeed(20250601), RUNS)

  t.ok(records > RUNS / 10, `${records} records`)
  t.ok(refused > RUNS / 10, `${refused} refused`)
})
