import type { Test } from 'tap'
import { kafkaOrSkip } from '../support/kafka/kafka-or-skip.ts'
import { KafkaPool } from './kafka-pool.ts'
import { line, objections } from './report.ts'
import { scenarios } from './scenarios/all-scenarios.ts'
import type { Scenario } from './scenarios/scenario.ts'

const EVENTS = 10_000

/**
 * One round of every scenario of a group, a test each, with 10,000 events. `npm run soak` does the
 * same for longer.
 * @param t - the file's own `t`
 */
export async function testScenarios(t: Test, group: keyof typeof scenarios): Promise<void> {
  const pool = new KafkaPool(await kafkaOrSkip(t))
  t.teardown(() => pool.close())
  for (const each of scenarios[group]) {
    const scenario: Scenario = each as Scenario
    t.test(scenario.name, async (t) => {
      const kafka = await pool.get(scenario.on)

      const report = await scenario.run({ kafka, dir: t.testdir(), events: EVENTS })

      t.comment(line(report))
      t.same(objections(report, scenario.bounds), [])
    })
  }
}
