// Measures Sluice beside an empty Fastify handler, in one run, and holds the figures against the
// bars. Linux only (/proc). The product's files go to BENCH_DIR, or the system's temporary folder.
// Run: npm run bench -- [--quick] [--only <scenario>[,<scenario>]]
import { parseArgs } from 'node:util'
import { Bench } from './bench.ts'
import { killChildren } from './child.ts'
import { measureFlush } from './measure-flush.ts'
import { flood, memory, slow } from './memory-scenarios.ts'
import { benchDir, removeFolders } from './product.ts'
import { machine, Report } from './report.ts'
import {
  backlog,
  empty,
  ingest,
  million,
  type Scale,
  type Scenario,
  start,
  steady,
  sustained,
  triggers,
} from './scenarios.ts'

const SCENARIOS: Readonly<Record<string, Scenario>> = {
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
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string' } },
})
const wanted = values.only === undefined ? Object.keys(SCENARIOS) : values.only.split(',')
const unknown = wanted.filter((name) => SCENARIOS[name] === undefined)
if (unknown.length > 0) {
  console.error(
    `No such scenario: ${unknown.join(', ')}. There are ${Object.keys(SCENARIOS).join(', ')}.`,
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
for (const name of new Set(names)) {
  console.error(`${name} …`)
  try {
    await SCENARIOS[name]?.(bench, report, values.quick ? QUICK : FULL)
  } catch (error) {
    console.error(error)
    report.add({
      name: `${name}: could not be measured`,
      note: String(error).split('\n', 1)[0] ?? '',
    })
    report.demand(`${name} can be measured`, 0, 'at least', 1)
  }
}
await bench.close()
console.log(`\n${machine(measureFlush(benchDir()))}${values.quick ? ', quick' : ''}\n`)
console.log(String(report))
process.exitCode = report.passed ? 0 : 1
