import t from 'tap'
import { parseResources } from '#triggers/files/parse-resources.ts'
import { readKustomization } from '#triggers/files/read-kustomization.ts'
import { readServices } from '#triggers/files/read-services.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'

const SEED = 20250101
const ROUNDS = 2000

/** Mulberry32: the same mutations on every machine. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

const VALID = [
  brokerYaml({
    annotations: 'sluice.dev/retention: P1D, sluice.dev/dedup-window: PT0S',
    spec: '  config: {apiVersion: v1, kind: ConfigMap, name: x}\n  delivery: {retry: 3, backoffDelay: PT0.2S, deadLetterSink: {uri: "http://x/"}}',
  }),
  triggerYaml({
    annotations: 'sluice.dev/start: 2025-01-31T08:00:00Z, sluice.dev/paused: "false"',
    spec: `  filters:
  - exact: {type: a}
  - any:
    - prefix: {source: /a}
    - not: {suffix: {subject: z}}
  - all: [{exact: &e {type: b}}, {exact: *e}]
  delivery:
    retry: 2
    backoffPolicy: linear
    timeout: PT5S
    deadLetterSink: {ref: {apiVersion: v1, kind: Service, name: dead}, uri: /x}`,
    subscriber: '{ref: {apiVersion: v1, kind: Service, name: billing}}',
  }),
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "1"}\n',
  'resources: [a.yaml, ../base]\nnamespace: x\ncommonAnnotations: {a: b}\n',
  'billing: http://127.0.0.1:1\nshop/billing: "https://x/y"\n',
]

const PIECES = [
  '__proto__',
  'constructor',
  '? ',
  '- ',
  ': ',
  '&a ',
  '*a',
  '*e',
  '!!binary ',
  '!x ',
  '%YAML 1.1\n',
  '---\n',
  '...\n',
  '<<: ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|\n',
  '>\n',
  '\t',
  '\n',
  '\r',
  '\0',
  '\u2028',
  '\ufeff',
  '\ud800',
  '#',
  '~',
  'null',
  '1e999',
  '.nan',
  '0x1F',
  '-0',
  '😀',
  '/',
  '../',
  'PT',
  'P1Y',
  '"\\u0000"',
  '{__proto__: {a: b}}',
  '[[[[[[[[',
  '&a [*a]',
  'x'.repeat(300),
]

function mutate(text: string, random: (below: number) => number): string {
  let mutated = text
  for (let i = random(3) + 1; i > 0; i--) {
    const at = random(mutated.length + 1)
    const end = Math.min(mutated.length, at + random(12))
    const kind = random(4)
    const piece = kind === 0 ? '' : (PIECES[random(PIECES.length)] ?? '')
    const other = mutated.slice(random(mutated.length + 1)).slice(0, random(60))
    const inserted = kind === 3 ? other : piece
    mutated = mutated.slice(0, at) + inserted + mutated.slice(kind === 1 ? at : end)
  }
  return mutated
}

/** Runs `read`; anything but a FileFault is a crash. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'FileFault') throw error
  }
}

t.test(`mutations of valid YAML give resources or a clear fault (seed ${SEED})`, async (t) => {
  const random = randomFrom(SEED)
  const services = new Map([['billing', 'http://127.0.0.1:1']])
  let resources = 0
  let refused = 0

  for (let round = 0; round < ROUNDS; round++) {
    const first = VALID[random(VALID.length)] ?? ''
    const second = VALID[random(VALID.length)] ?? ''
    const text = mutate(`${first}---\n${second}`, random)
    const start = performance.now()
    try {
      const { snapshot, faults } = parseResources('fuzz.yaml', text, services)
      survives(() => readKustomization('fuzz.yaml', text))
      survives(() => readServices('fuzz.yaml', text))
      resources += snapshot.brokers.length + snapshot.triggers.length
      refused += faults.length
      for (const { readiness } of [...snapshot.brokers, ...snapshot.triggers]) {
        if (!readiness.ready && !/\S/.test(readiness.message)) throw new Error('no reason given')
      }
      for (const fault of faults) {
        if (!fault.startsWith('fuzz.yaml')) throw new Error(`no file in: ${fault}`)
      }
      structuredClone(snapshot)
      JSON.stringify(snapshot)
    } catch (error) {
      t.fail(`round ${round}: ${error}`, { text })
      return
    }
    const ms = performance.now() - start
    if (ms > 1000) t.fail(`round ${round} took ${ms} ms`, { text })
  }

  t.ok(resources > ROUNDS / 10, `${resources} resources`)
  t.ok(refused > ROUNDS / 4, `${refused} faults`)
  t.equal(({} as Record<string, unknown>)['a'], undefined, 'no prototype was touched')
})
