// Measures Sluice beside an empty Fastify handler, in one run, and holds the figures against the
// bars. Linux only (/proc). The product's files go to BENCH_DIR, or the system's temporary folder.
// With --kafka it is gateway, dispatcher and a Kafka of its own, which needs Java; Kafka's files go
// to the temporary folder (TMPDIR).
// Run: npm run bench -- [--kafka] [--quick] [--only <scenario>[,<scenario>]]
import { parseArgs } from 'node:util'
import { Bench } from './bench.ts'
import { killChildren } from './child.ts'
import { clients } from './kafka/clients.ts'
import { footprint } from './kafka/footprint.ts'
import { Lab } from './kafka/lab.ts'
import type { KafkaScenario } from './kafka/scenarios.ts'
import * as kafka from './kafka/scenarios.ts'
import { takeover } from './kafka/takeover.ts'
import { measureFlush } from './measure-flush.ts'
import type { Scale } from './measure-warm.ts'
import { flood, memory, slow } from './memory-scenarios.ts'
import { benchDir, removeFolders } from './product.ts'
import { machine, Report } from './report.ts'
import {
  backlog,
  empty,
  ingest,
  million,
  type Scenario,
  start,
  steady,
  sustained,
  triggers,
} from './scenarios.ts'

type Run = (report: Report, scale: Scale) => Promise<void>

const EMBEDDED: Readonly<Record<string, Scenario>> = {
  empty,
  ingest,
  steady,
  sustained,
  triggers,
  backlog,
  million,
  memory,
  slow,
  flood,
  start,
}
const KAFKA: Readonly<Record<string, KafkaScenario>> = {
  empty: kafka.yardstick,
  clients,
  ingest: kafka.ingest,
  rates: kafka.rates,
  sustained: kafka.sustained,
  triggers: kafka.triggers,
  backlog: kafka.backlog,
  takeover,
  footprint,
}

const FULL: Scale = {
  durationMs: 8000,
  warmUp: 100_000,
  backlog: 50_000,
  stored: 1_000_000,
  starts: 5,
}
const QUICK: Scale = {
  durationMs: 3000,
  warmUp: 40_000,
  backlog: 10_000,
  stored: 100_000,
  starts: 2,
}

const { values } = parseArgs({
  options: {
    kafka: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
const scenarios = values.kafka ? KAFKA : EMBEDDED
const wanted = values.only === undefined ? Object.keys(scenarios) : values.only.split(',')
const unknown = wanted.filter((name) => scenarios[name] === undefined)
if (unknown.length > 0) {
  console.error(
    `No such scenario: ${unknown.join(', ')}. There are ${Object.keys(scenarios).join(', ')}.`,
  )
  process.exit(2)
}
// Everything else is told in multiples of it.
const names = wanted.every((name) => name === 'start') ? wanted : ['empty', ...wanted]

process.on('exit', () => {
  killChildren()
  removeFolders()
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(130))

const report = new Report()
const bench = await Bench.open()
const lab = new Lab(bench)
const runs = new Map<string, Run>(
  values.kafka
    ? Object.entries(KAFKA).map(([name, run]) => [name, run.bind(undefined, lab)])
    : Object.entries(EMBEDDED).map(([name, run]) => [name, run.bind(undefined, bench)]),
)
for (const name of new Set(names)) {
  console.error(`${name} …`)
  try {
    await runs.get(name)?.(report, values.quick ? QUICK : FULL)
  } catch (error) {
    console.error(error)
    report.add({
      name: `${name}: could not be measured`,
      note: String(error).split('\n', 1)[0] ?? '',
    })
    report.demand(`${name} can be measured`, 0, 'at least', 1)
  }
}
await lab.close()
await bench.close()
console.log(`\n${machine(measureFlush(benchDir()))}${values.quick ? ', quick' : ''}\n`)
console.log(String(report))
process.exitCode = report.passed ? 0 : 1
