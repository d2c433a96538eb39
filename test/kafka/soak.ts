import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { keepClassData } from '../support/kafka/class-data.ts'
import { findKafkaRuntime } from '../support/kafka/kafka-runtime.ts'
import { KafkaPool } from './kafka-pool.ts'
import { line, objections } from './report.ts'
import { scenarios } from './scenarios/all-scenarios.ts'
import type { Kafkas, Scenario } from './scenarios/scenario.ts'

/**
 * `npm run soak`: every scenario in several rounds, on brokers of its own; `events` are those of all
 * rounds of a scenario. One line per round. Ends with 1 when anything was lost, or came twice without
 * a reason.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '5' },
    only: { type: 'string', default: '' },
  },
})
const rounds = Number(values.rounds)
const events = Math.ceil(Number(values.events) / rounds)
const runtime = await findKafkaRuntime()
if (typeof runtime === 'string') throw new Error(runtime)
await keepClassData(runtime)
const pool = new KafkaPool(runtime)

async function round<Kind extends keyof Kafkas>(scenario: Scenario<Kind>, number: number) {
  const dir = await mkdtemp(join(tmpdir(), 'sluice-soak-'))
  const began = performance.now()
  const say = (what: string) => process.stdout.write(`${what}\n`)
  try {
    const kafka = await pool.get(scenario.on)
    const report = await scenario.run({ kafka, dir, events })
    const wrong = objections(report, scenario.bounds)
    const took = Math.round((performance.now() - began) / 1000)
    say(`${wrong.length === 0 ? 'ok' : 'NOT OK'}  ${scenario.name}, round ${number}, ${took} s`)
    say(`    ${line(report)}`)
    for (const each of wrong) say(`    ${each}`)
    if (wrong.length > 0) process.exitCode = 1
  } catch (error) {
    say(
      `NOT OK  ${scenario.name}, round ${number}: ${error instanceof Error ? error.stack : error}`,
    )
    process.exitCode = 1
    await pool.close()
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

try {
  for (const scenario of Object.values(scenarios).flat()) {
    if (!scenario.name.includes(values.only)) continue
    for (let number = 1; number <= rounds; number++) await round(scenario as Scenario, number)
  }
} finally {
  await pool.close()
}
