import t from 'tap'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { fuzzMessages } from './fuzz-messages.ts'

const RUNS = 2000

t.test('a message is refused, or its events survive all that may happen to them', async (t) => {
  const { events, refused } = fuzzMessages(fuzzSeed(20250601), RUNS)

  t.ok(events > RUNS / 10, `${events} events`)
  t.ok(refused > RUNS / 10, `${refused} refused`)
})
