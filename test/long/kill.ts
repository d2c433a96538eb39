import t from 'tap'
import { killRounds } from '../e2e/kill-rounds.ts'

t.test(
  'kill -9 under load, 20 rounds: what was acknowledged was delivered or dead-lettered',
  async (t) => {
    const report = await killRounds(t.testdir(), 20, 1500)
    t.comment(report)

    t.ok(report.acknowledged > 5000)
    t.same(report.lost, [])
    t.ok(report.duplicates <= report.explained, 'no duplicates but those that a kill explains')
  },
)
