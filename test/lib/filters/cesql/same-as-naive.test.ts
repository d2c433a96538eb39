import t from 'tap'
import { fuzzSeed } from '../../../support/fuzz-seed.ts'
import { checkExpressions, checkPatterns } from './same-as-naive.ts'

const SEED = fuzzSeed(20240613)
const RUNS = 6000

t.test('an expression has the value and the errors that the specification says', async (t) => {
  const seen = checkExpressions(SEED, RUNS)

  for (const each of ['string', 'number', 'boolean', 'cast', 'math', 'missing-attribute']) {
    t.ok((seen.get(each) ?? 0) > RUNS / 100, `${each} was among them: ${seen.get(each)} times`)
  }
  t.ok((seen.get('function-evaluation') ?? 0) > 5, 'function-evaluation, too')
  t.ok((seen.get('missing-function') ?? 0) > 5, 'missing-function, too')
})

t.test('LIKE says what trying everything says', async (t) => {
  const matched = checkPatterns(SEED, 4 * RUNS)

  t.ok(matched > RUNS / 4, `${matched} matched`)
})
