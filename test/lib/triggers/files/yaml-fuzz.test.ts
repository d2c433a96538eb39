import t from 'tap'
import { parseResources } from '#triggers/files/parse-resources.ts'
import { readKustomization } from '#triggers/files/read-kustomization.ts'
import { readServices } from '#triggers/files/read-services.ts'
import { mutateYaml } from '../../../support/mutate-yaml.ts'
import { seededRandom } from '../../../support/seeded-random.ts'
import { brokerYaml, triggerYaml } from '../../../support/trigger-yaml.ts'

const SEED = Number(process.env['FUZZ_SEED'] ?? 20250101)
const ROUNDS = Number(process.env['FUZZ_CASES'] ?? 2000)

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
  'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "1", auth.secret.ref.name: s, bootstrap.servers: "a:1,[::1]:2", default.topic.partitions: "3"}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {user: eA==, ca.crt: LQ==}\nstringData: {protocol: SASL_SSL, password: x}\n',
  'resources: [a.yaml, ../base]\nnamespace: x\ncommonAnnotations: {a: b}\n',
  'billing: http://127.0.0.1:1\nshop/billing: "https://x/y"\n',
]

/** Runs `read`; anything but a FileFault is a crash. */
function survives(read: () => unknown): void {
  try {
    read()
  } catch (error) {
    if (!(error instanceof Error) || error.name !== 'FileFault') throw error
  }
}

t.test(`mutations of valid YAML give resources or a clear fault (seed ${SEED})`, async (t) => {
  const random = seededRandom(SEED)
  const pick = () => VALID[Math.floor(random() * VALID.length)] ?? ''
  const services = new Map([['billing', 'http://127.0.0.1:1']])
  let resources = 0
  let refused = 0

  for (let round = 0; round < ROUNDS; round++) {
    const text = mutateYaml(`${pick()}---\n${pick()}`, random)
    const profile = random() < 0.5 ? 'embedded' : 'kafka'
    const start = performance.now()
    try {
      const { snapshot, faults } = parseResources('fuzz.yaml', text, services, profile)
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
