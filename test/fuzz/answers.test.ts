import t from 'tap'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { fuzzAnswers } from './fuzz-answers.ts'

const RUNS = 800

t.test('every answer has its own outcome, and none keeps a connection', async (t) => {
  const { delivered, failed, connections } = await fuzzAnswers(fuzzSeed(20250601), RUNS)

  t.ok(delivered > 10, `${delivered} delivered`)
  t.ok(failed > 10, `${failed} failed`)
  t.ok(connections < RUNS, `${connections} connections, some of them used again`)
})
