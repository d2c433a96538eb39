import t from 'tap'
import { killRounds } from './kill-rounds.ts'

t.test(
  'kill -9 under load, 3 rounds: what was acknowledged was delivered or dead-lettered',
  async (t) => {
    const report = await killRounds(t.testdir(), 3, 700)
    t.comment(report)

    t.ok(report.acknowledged > 300)
    t.same(report.lost, [])
    t.ok(report.duplicates <= report.explained, 'no duplicates but those that a kill explains')
  },
)
