// CESQL against its naive evaluator, with another seed each time. FUZZ_SEED repeats one.
import t from 'tap'
import { checkExpressions, checkPatterns } from '../lib/filters/cesql/same-as-naive.ts'
import { fuzzSeed } from '../support/fuzz-seed.ts'

const SEED = fuzzSeed(Date.now() % 1e9)
const RUNS = 500_000

t.test(`CESQL as the specification says (FUZZ_SEED=${SEED})`, async (t) => {
  t.doesNotThrow(() => checkExpressions(SEED, RUNS))
  t.doesNotThrow(() => checkPatterns(SEED, RUNS))
})
