import t from 'tap'
import { TestGateway } from '../gateway/harness.ts'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { fuzzLenientBatches, fuzzSplits } from './fuzz-http.ts'

const RUNS = 150

t.test('a request is the same in however many packets it comes', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())

  t.ok((await fuzzSplits(gateway)) > 500)
  t.same(gateway.lines, [], 'and nothing is logged')
})

t.test('a lenient batch tells of each event, and what it accepts is in the log', async (t) => {
  const gateway = await new TestGateway().start()
  t.teardown(() => gateway.stop())

  const { accepted, rejected } = await fuzzLenientBatches(gateway, fuzzSeed(20250601), RUNS)

  t.ok(accepted > RUNS / 10, `${accepted} accepted`)
  t.ok(rejected > RUNS / 10, `${rejected} rejected`)
  t.same(gateway.lines, [], 'and nothing is logged')
})
