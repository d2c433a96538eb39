import { readFileSync } from 'node:fs'
import t from 'tap'
import { CASES } from './all-cases.ts'
import type { ConformanceCase } from './conformance-case.ts'
import { DIFFERENCES } from './differences.ts'
import { NOT_COVERED, STATEMENTS } from './not-covered.ts'

/** They carry no event, so nothing of them can arrive. */
const UNMARKED = [
  ...[
    'D6-options',
    'D8-allow',
    'H17-empty',
    'H17-number-inside',
    'H17-null-inside',
    'H17-not-json',
  ],
  ...['J12-array', 'J12-string', 'J12-number', 'J12-null', 'J12-nothing', 'J15-not-utf8'],
]

t.test('every case has an id of its own, which says what it is', (t) => {
  const ids = CASES.map(({ id }) => id)

  t.same(
    ids.filter((id, index) => ids.indexOf(id) !== index),
    [],
  )
  t.same(
    ids.filter((id) => !/^[A-Z]\d*-[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(id)),
    [],
  )
  t.end()
})

t.test('every statement has a case, or a reason why it has none', (t) => {
  const covered = new Set(CASES.flatMap(({ id, covers = [] }) => [id.split('-')[0], ...covers]))
  const statements = Object.entries(STATEMENTS).flatMap(([table, count]) =>
    Array.from({ length: count }, (_, index) => `${table}${index + 1}`),
  )

  t.same(
    statements.filter((each) => !covered.has(each) && NOT_COVERED[each] === undefined),
    [],
  )
  t.same(
    Object.keys(NOT_COVERED).filter((each) => covered.has(each) || !statements.includes(each)),
    [],
    'no reason is left over',
  )
  t.end()
})

t.test('every difference has a case, and every setting a case that shows it at work', (t) => {
  const named = new Set(CASES.map(({ differs }) => differs))
  const restored = new Set(CASES.map(({ restores }) => restores))
  const used = CASES.flatMap(({ differs = [], restores = [] }) => [differs, restores].flat())

  t.same(
    used.filter((key) => DIFFERENCES[key] === undefined),
    [],
  )
  for (const [key, { setting, group }] of Object.entries(DIFFERENCES)) {
    t.equal(named.has(key), group !== 'less', key)
    t.equal(restored.has(key), setting !== undefined, key)
    t.equal(group === 'setting', setting !== undefined, key)
  }
  t.end()
})

t.test('what is said of Sluice alone is in its documentation', (t) => {
  const page = readFileSync('docs/brokers-and-triggers.md', 'utf8')
  const sections = CASES.filter(({ source }) => source.document === 'Sluice').map(
    ({ source }) => source.section,
  )

  t.same(
    [...new Set(sections)].filter((section) => !page.includes(`\n## ${section}\n`)),
    [],
  )
  t.end()
})

t.test('every event that is sent or answered can be known again', (t) => {
  const unmarked = CASES.filter((each) =>
    requestsOf(each).some((text) => !text.includes('{token}')),
  )

  t.same(
    unmarked.map(({ id }) => id).filter((id) => !UNMARKED.includes(id)),
    [],
  )
  t.end()
})

t.test('what must be delivered is expected of a subscriber that the case has', (t) => {
  for (const each of CASES) {
    const text = JSON.stringify([each.triggers ?? {}, each.send, each.subscribers ?? {}])
    const names = Object.keys({
      ...each.triggers,
      ...appliedIn(each),
      ...(each.triggers ?? { main: 0 }),
    })
    const { delivered = {}, deadLetter } = each.expect
    const expected = [...Object.keys(delivered), ...(deadLetter === undefined ? [] : ['sink'])]
    for (const name of [...expected, ...Object.keys(each.subscribers ?? {})]) {
      const isKnown = names.includes(name) || text.includes(`:${name}}`)
      t.ok(isKnown || isBrokerSink(each, name), `${each.id}: ${name}`)
    }
  }
  t.end()
})

function requestsOf({ send }: ConformanceCase): string[] {
  return send.flatMap((step) =>
    'headers' in step ? [JSON.stringify([step.headers, String(step.body)])] : [],
  )
}

function appliedIn({ send }: ConformanceCase): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...send.map((step) => ('apply' in step ? step.apply : {})))
}

function isBrokerSink({ broker }: ConformanceCase, name: string): boolean {
  return JSON.stringify(broker ?? {}).includes(`:${name}}`)
}
