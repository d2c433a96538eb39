import t from 'tap'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { fuzzResources } from './fuzz-resources.ts'

const RUNS = 700

t.test('a document is Ready and can be used, or says why it is not', async (t) => {
  const { ready, notReady, faults } = fuzzResources(fuzzSeed(20250601), RUNS)

  t.ok(ready > RUNS / 10, `${ready} Ready`)
  t.ok(notReady > RUNS / 10, `${notReady} not Ready`)
  t.ok(faults > RUNS / 10, `${faults} faults`)
})
