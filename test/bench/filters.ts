// Nanoseconds per event of each filter dialect, and of the index over many Triggers.
// Run: node test/bench/filters.ts
import { availableParallelism, cpus } from 'node:os'
import type { CloudEvent } from '#events/event.ts'
import { all } from '#filters/all.ts'
import { any } from '#filters/any.ts'
import { attributes } from '#filters/attributes.ts'
import { parseExpression } from '#filters/cesql/parse-expression.ts'
import { cesql } from '#filters/cesql.ts'
import { compileFilter } from '#filters/compile-filter.ts'
import { exact } from '#filters/exact.ts'
import type { FilterSpec } from '#filters/filter.ts'
import { type Filtered, FilterIndex } from '#filters/filter-index.ts'
import { not } from '#filters/not.ts'
import { prefix } from '#filters/prefix.ts'
import { suffix } from '#filters/suffix.ts'

const ROUNDS = 5
const EVENTS = 1_000_000

/** As many different events as the caches of a real run see, not one over and over. */
const events: readonly CloudEvent[] = Array.from({ length: 512 }, (_, i) => ({
  attributes: new Map([
    ['specversion', '1.0'],
    ['id', `${i}`],
    ['source', '/shop/berlin'],
    ['type', `com.example.order.created.v${i % 500}`],
    ['time', '2025-01-01T10:00:00Z'],
    ['datacontenttype', 'application/json'],
  ]),
  data: undefined,
}))

let passed = 0

function bench(name: string, judge: (event: CloudEvent) => number): void {
  let best = Number.POSITIVE_INFINITY
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint()
    for (let i = 0; i < EVENTS; i++) passed += judge(events[i & 511] as CloudEvent)
    best = Math.min(best, Number(process.hrtime.bigint() - start) / EVENTS)
  }
  console.log(`${name.padEnd(44)} ${best.toFixed(0).padStart(8)} ns`)
}

const type = 'com.example.order.created.v7'
const exactType = exact({ type })
const prefixType = prefix({ type: 'com.example.' })

function indexOf(triggers: number, filter: (i: number) => FilterSpec): FilterIndex<Filtered> {
  return new FilterIndex(Array.from({ length: triggers }, (_, i) => ({ filters: [filter(i)] })))
}

function benchIndex(name: string, triggers: number, filter: (i: number) => FilterSpec): void {
  const index = indexOf(triggers, filter)
  bench(`index, ${triggers} × ${name}`, (event) => index.match(event).length)
}

console.log(`${cpus()[0]?.model}, ${availableParallelism()} cores, Node ${process.version}\n`)
bench('exact', (event) => Number(exactType(event)))
const exactTwo = exact({ source: '/shop/berlin', type })
bench('exact, two attributes', (event) => Number(exactTwo(event)))
bench('prefix', (event) => Number(prefixType(event)))
const suffixType = suffix({ type: '.v7' })
bench('suffix', (event) => Number(suffixType(event)))
const presentType = attributes({ source: '', type })
bench('attributes, one present and one equal', (event) => Number(presentType(event)))
const both = all([prefixType, exactType])
bench('all of prefix and exact', (event) => Number(both(event)))
const either = any([exactType, prefixType])
bench('any of exact and prefix', (event) => Number(either(event)))
const notExact = not(exactType)
bench('not exact', (event) => Number(notExact(event)))
const nested = compileFilter({
  all: [{ prefix: { type: 'com.example.' } }, { not: { any: [{ exact: { type } }] } }],
})
bench('compiled, all of prefix and not any', (event) => Number(nested(event)))
console.log()
for (const [name, expression] of [
  ["type = '…'", `type = '${type}'`],
  ["type = '…' AND source = '…'", `type = '${type}' AND source = '/shop/berlin'`],
  ["type LIKE 'com.example.%'", "type LIKE 'com.example.%'"],
  ["type LIKE '%order%'", "type LIKE '%order%'"],
  ["type LIKE 'com._xample.%'", "type LIKE 'com._xample.%'"],
  ['type IN (20 strings)', `type IN (${Array.from({ length: 20 }, (_, i) => `'t${i}'`)})`],
  ['EXISTS subject', 'EXISTS subject'],
  ["subject = 'x' (missing: an error)", "subject = 'x'"],
  ['LENGTH(CONCAT(source, type)) > 20', 'LENGTH(CONCAT(source, type)) > 20'],
  ['id % 2 = 0', 'id % 2 = 0'],
] as const) {
  const filter = cesql(parseExpression(expression), () => {})
  bench(`cesql, ${name}`, (event) => Number(filter(event)))
}
console.log()
for (const triggers of [1, 50, 500]) {
  const last = triggers - 1
  benchIndex('exact type, at most one matches', triggers, (i) => ({
    exact: { type: `com.example.order.created.v${last - i}` },
  }))
}
benchIndex('exact source and type', 500, (i) => ({
  exact: { source: '/shop/berlin', type: `com.example.order.created.v${i}` },
}))
benchIndex('any of two types', 500, (i) => ({
  any: [
    { exact: { type: `com.example.order.created.v${i}` } },
    { exact: { type: `com.example.order.deleted.v${i}` } },
  ],
}))
benchIndex('cesql type = and source =', 500, (i) => ({
  cesql: `type = 'com.example.order.created.v${i}' AND source = '/shop/berlin'`,
}))
benchIndex('prefix (every Trigger is asked)', 500, (i) => ({ prefix: { type: `org.${i}` } }))
console.log(`\n${passed} passes`)
