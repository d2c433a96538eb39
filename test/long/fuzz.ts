import { readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { fuzzRequests, sendFuzzed } from '../support/fuzz-requests.ts'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { mutateYaml } from '../support/mutate-yaml.ts'
import { postEvent } from '../support/post-event.ts'
import { ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const SEED = fuzzSeed(Date.now() % 1e9)
const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 60)
/** Before memory is looked at for the first time. */
const WARM_UP_SECONDS = 10
const CONNECTIONS = 32
/** Longer than any wait of the server for the rest of a request. */
const HANG_MS = 60_000
const FILES = 20
/** A change counts after two looks that agree. */
const SETTLED_MS = 400
const MOST_GROWTH_MIB = 100
/** So small a heap is collected soon, so that what grows is what is kept; a leak would end the process. */
const env = { NODE_OPTIONS: '--max-old-space-size=64' }

function rssMib(sluice: SluiceProcess): number {
  const text = readFileSync(`/proc/${sluice.child.pid}/status`, 'utf8')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(text)?.[1]) / 1024)
}

/** Waits for memory to come down; it may take a while until it is given back. */
async function settledMib(sluice: SluiceProcess, bound: number): Promise<number> {
  const end = performance.now() + 15_000
  while (rssMib(sluice) > bound && performance.now() < end) await delay(500)
  return rssMib(sluice)
}

async function stillWorks(t: Test, sluice: SluiceProcess, subscriber: ScriptedSubscriber) {
  t.equal(sluice.child.exitCode, null, 'it runs')
  t.equal((await fetch(`${sluice.ingressUrl}/readyz`)).status, 200)
  const id = `last-${SEED}`
  t.equal((await postEvent(sluice.ingressUrl, { attributes: { id } })).status, 202)
  const deadline = performance.now() + 20_000
  const hasIt = () => subscriber.received.some(({ headers }) => headers['ce-id'] === id)
  while (!hasIt() && performance.now() < deadline) await delay(20)
  t.ok(hasIt(), 'and delivers')
  t.notMatch(sluice.output, /"level":"fatal"|Unexpected error|TypeError|RangeError|\n {4}at /)
}

const stable = (url: string) =>
  [brokerYaml(), triggerYaml({ name: 'stable', subscriber: `{uri: "${url}stable"}` })].join('---\n')

t.test(`rubbish over raw sockets (FUZZ_SEED=${SEED})`, async (t) => {
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const eventing = stable(subscriber.url)
  const sluice = await SluiceProcess.start({ dir: t.testdir(), eventing, env })
  t.teardown(() => sluice.stop())
  const port = Number(new URL(sluice.ingressUrl).port)
  const adminPort = Number(new URL(sluice.adminUrl).port)
  const fuzz = fuzzRequests(SEED)
  const statuses = new Map<number, number>()
  const wrong: string[] = []
  let sent = 0
  let slowestMs = 0
  const begin = performance.now()
  const run = async (untilMs: number) => {
    while (performance.now() < untilMs) {
      const request = fuzz()
      const started = performance.now()
      sent++
      try {
        const to = /^(?:GET|OPTIONS|DELETE) /.test(request.text) ? adminPort : port
        for (const { status } of await sendFuzzed(to, request, HANG_MS)) {
          statuses.set(status, (statuses.get(status) ?? 0) + 1)
          if (status >= 500) wrong.push(`${status}: ${JSON.stringify(request.text)}`)
        }
      } catch (error) {
        wrong.push(`${error}: ${JSON.stringify(request.text)}`)
      }
      slowestMs = Math.max(slowestMs, performance.now() - started)
    }
  }
  const round = async (seconds: number) => {
    const end = performance.now() + seconds * 1000
    await Promise.all(Array.from({ length: CONNECTIONS }, () => run(end)))
  }
  await round(WARM_UP_SECONDS)
  const before = rssMib(sluice)
  await round(SECONDS)
  const peak = rssMib(sluice)
  const after = await settledMib(sluice, before + MOST_GROWTH_MIB)
  t.comment({
    seed: SEED,
    sent,
    statuses: Object.fromEntries(statuses),
    delivered: subscriber.received.length,
    slowestMs: Math.round(slowestMs),
    rssMib: { before, peak, after },
    seconds: Math.round((performance.now() - begin) / 1000),
  })

  t.same(wrong.slice(0, 5), [], 'no 5xx, no hang')
  t.ok(sent > SECONDS * 100, `${sent} requests`)
  t.ok((statuses.get(202) ?? 0) > 100 && (statuses.get(400) ?? 0) > 100, 'some right, some wrong')
  t.ok(after <= before + MOST_GROWTH_MIB, `${before} MiB before, ${after} MiB after`)
  await stillWorks(t, sluice, subscriber)
})

t.test(`rubbish as YAML (FUZZ_SEED=${SEED})`, async (t) => {
  const subscriber = await ScriptedSubscriber.start(status(200))
  t.teardown(() => subscriber.close())
  const dir = t.testdir()
  await mkdir(join(dir, 'eventing'))
  const sluice = await SluiceProcess.start({ dir, eventing: stable(subscriber.url), env })
  t.teardown(() => sluice.stop())
  const random = seededRandom(SEED)
  const valid = (file: number): readonly string[] => [
    brokerYaml({
      name: `fuzzed-${file}`,
      annotations: 'sluice.dev/retention: P1D, sluice.dev/dedup-window: PT0S',
      spec: '  delivery: {retry: 3, backoffDelay: PT0.2S, deadLetterSink: {uri: "http://127.0.0.1:1/"}}',
    }),
    triggerYaml({
      name: `fuzzed-${file}`,
      annotations: 'sluice.dev/start: earliest, sluice.dev/paused: "false"',
      subscriber: `{uri: "${subscriber.url}fuzzed"}`,
      spec: `  filters:
  - any: [{prefix: {source: /t}}, {not: {suffix: {subject: z}}}]
  - all: [{exact: &e {type: test.event}}, {exact: *e}]
  delivery: {retry: 1, backoffPolicy: linear, backoffDelay: PT0.1S, timeout: PT5S}`,
    }),
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: "1"}\n',
  ]
  const seen = { ready: 0, notReady: 0 }
  const wrong: string[] = []
  let rounds = 0
  let posted = 0
  let before = 0
  const begin = performance.now()
  const seconds = () => (performance.now() - begin) / 1000
  while (seconds() < SECONDS + WARM_UP_SECONDS) {
    for (let file = 0; file < FILES; file++) {
      const documents = valid(file)
      const other = documents[Math.floor(random() * documents.length)] ?? ''
      const text = mutateYaml(`${documents[1]}---\n${other}`, random)
      await writeFile(join(dir, 'eventing', `fuzzed-${file}.yaml`), text)
    }
    await writeFile(
      join(dir, 'services.yaml'),
      mutateYaml(`a: ${subscriber.url}\n"b/c": "https://x/y"\n`, random),
    )
    await delay(SETTLED_MS)
    rounds++
    const response = await postEvent(sluice.ingressUrl, {
      attributes: { type: 'test.event' },
    })
    if (response.status === 202) posted++
    else wrong.push(`POST: ${response.status} ${await response.text()}`)
    const answer = await sluice.get('/triggers')
    if (answer.status !== 200) wrong.push(`/triggers: ${answer.status} ${await answer.text()}`)
    else {
      const { triggers } = (await answer.json()) as {
        triggers: { readiness: { ready: boolean } }[]
      }
      for (const { readiness } of triggers) seen[readiness.ready ? 'ready' : 'notReady']++
    }
    if (before === 0 && seconds() > WARM_UP_SECONDS) before = rssMib(sluice)
  }
  const peak = rssMib(sluice)
  const after = await settledMib(sluice, before + MOST_GROWTH_MIB)
  const toStable = () => subscriber.received.filter(({ url }) => url === '/stable').length
  const deadline = performance.now() + 10_000
  while (toStable() < posted && performance.now() < deadline) await delay(20)
  t.comment({
    seed: SEED,
    rounds,
    documents: rounds * FILES * 2,
    triggersSeen: seen,
    posted,
    deliveredToStable: toStable(),
    deliveredToFuzzed: subscriber.received.length - toStable(),
    rssMib: { before, peak, after },
  })

  t.same(wrong.slice(0, 5), [], 'events and questions are answered all the while')
  t.ok(seen.ready > rounds && seen.notReady > rounds, 'some right, some wrong')
  t.equal(toStable(), posted, 'and the stable Trigger had each event once')
  t.ok(after <= before + MOST_GROWTH_MIB, `${before} MiB before, ${after} MiB after`)
  await stillWorks(t, sluice, subscriber)
})
