import t from 'tap'
import { killRounds } from './kill-rounds.ts'

t.test(
  'kill -9 under load, 3 rounds: what was acknowledged was delivered or dead-lettered',
  async (t) => {
    const report = await killRounds(t.testdir(), 3, 700)
    t.comment(report)

    t.ok(report.acknowledged > 300)
    t.same(report.lost, [])
    // What was in flight, or delivered and not yet saved: 50 ms and 64 requests per round, roughly.
    t.ok(report.duplicates < report.acknowledged / 2)
  },
)
