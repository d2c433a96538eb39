import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CountingSubscriber } from '../support/counting-subscriber.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const SECONDS = 30
const REWRITE_MS = 200
/** How long a file stays half written. */
const HALF_MS = 40
const SEED = Number(process.env['FUZZ_SEED'] ?? Date.now() % 1e9)

/*
 * Each event is odd or even. In every valid state `left` takes the one kind and `right` the other;
 * so do `upper` and `lower`, which stand in two files. An event that both or none of a pair gets
 * was judged by a state that never was.
 */
t.test(`YAML that changes five times a second, under load (seed ${SEED})`, async (t) => {
  const subscriber = await CountingSubscriber.start()
  t.teardown(() => subscriber.close())
  const trigger = (name: string, side: string, more = '') =>
    triggerYaml({
      name,
      subscriber: `{uri: "${subscriber.url}${name}"}`,
      spec: `  filters: [{exact: {side: ${side}}}]\n${more}`,
    })
  const pair = (one: string, other: string, isSwapped: boolean): [string, string] => [
    trigger(one, isSwapped ? 'even' : 'odd'),
    trigger(other, isSwapped ? 'odd' : 'even'),
  ]
  const stable = [
    brokerYaml(),
    triggerYaml({ name: 'stable', subscriber: `{uri: "${subscriber.url}stable"}` }),
  ].join('---\n')

  const dir = t.testdir()
  await mkdir(join(dir, 'eventing'))
  const write = (name: string, text: string) => writeFile(join(dir, 'eventing', name), text)
  const writeInHalves = async (name: string, text: string, share: number) => {
    await write(name, text.slice(0, Math.floor(text.length * share)))
    await delay(HALF_MS)
    await write(name, text)
  }
  const [upper, lower] = pair('upper', 'lower', false)
  await write('pair.yaml', pair('left', 'right', false).join('---\n'))
  await write('upper.yaml', upper)
  await write('lower.yaml', lower)
  const sluice = await SluiceProcess.start({ dir, eventing: stable })
  t.teardown(() => sluice.stop())

  const load = new SteadyLoad({
    url: `${sluice.ingressUrl}/default/default`,
    perSecond: 1000,
    event: (n) => ({
      attributes: { id: `${n}`, type: 'test', side: n % 2 === 1 ? 'odd' : 'even' },
      data: '{"a":1}',
    }),
  })
  t.teardown(() => load.stop())
  const random = seededRandom(SEED)
  const done = new Map<string, number>()
  const actions: Readonly<Record<string, () => Promise<void>>> = {
    'pair swapped': () => write('pair.yaml', pair('left', 'right', random() < 0.5).join('---\n')),
    'pair half written': () =>
      writeInHalves('pair.yaml', pair('left', 'right', random() < 0.5).join('---\n'), random()),
    'pair unparsable': () => write('pair.yaml', '{ not: yaml: at: all'),
    'two files swapped': async () => {
      const [one, other] = pair('upper', 'lower', random() < 0.5)
      await write('upper.yaml', one)
      if (random() < 0.5) await delay(HALF_MS)
      await writeInHalves('lower.yaml', other, random())
    },
    'stable half written': () => writeInHalves('all.yaml', stable, random()),
    'a faulty Trigger': () => write('noise.yaml', trigger('noise', 'odd', '  filtres: []')),
    'another Trigger': () => write('noise.yaml', trigger('noise', random() < 0.5 ? 'odd' : 'even')),
    'unparsable noise': () => write('noise.yaml', `${trigger('noise', 'odd')}\n\t- {`),
  }
  const names = Object.keys(actions)
  const end = performance.now() + SECONDS * 1000
  while (performance.now() < end) {
    const next = performance.now() + REWRITE_MS
    const name = names[Math.floor(random() * names.length)] ?? ''
    await actions[name]?.()
    done.set(name, (done.get(name) ?? 0) + 1)
    await delay(Math.max(0, next - performance.now()))
  }
  // A valid state at the end, in which everything can be delivered.
  await write('noise.yaml', trigger('noise', 'odd'))
  await write('pair.yaml', pair('left', 'right', false).join('---\n'))
  await load.stop()
  await sluice.until('/triggers', isIdle, 30_000)

  const { acknowledged } = load
  const missing = [...acknowledged].filter((id) => !subscriber.at('/stable').has(id))
  const judged = { both: 0, none: 0 }
  const swaps = { pair: 0, files: 0 }
  for (const [one, other, kind] of [
    ['/left', '/right', 'pair'],
    ['/upper', '/lower', 'files'],
  ] as const) {
    for (const id of acknowledged) {
      const isOne = subscriber.at(one).has(id)
      if (isOne && subscriber.at(other).has(id)) judged.both++
      else if (!isOne && !subscriber.at(other).has(id)) judged.none++
      const isSwapped = isOne !== (Number(id) % 2 === 1)
      if (isSwapped) swaps[kind]++
    }
  }
  const paths = ['/stable', '/left', '/right', '/upper', '/lower', '/noise']
  const duplicates = paths.reduce((sum, path) => sum + subscriber.duplicates(path), 0)
  t.comment({
    seed: SEED,
    rewrites: Object.fromEntries(done),
    acknowledged: acknowledged.size,
    refused: Object.fromEntries(load.refused),
    delivered: Object.fromEntries(paths.map((path) => [path, subscriber.at(path).size])),
    judgedBySwapped: swaps,
    duplicates,
  })

  t.ok(acknowledged.size > SECONDS * 800, 'the load was there')
  t.same([...load.refused], [], 'no state without its Broker was ever taken over')
  t.equal(load.broken, 0)
  t.same(missing, [], 'what the stable Trigger matches arrived')
  t.same(judged, { both: 0, none: 0 }, 'no event was judged by a half-loaded state')
  t.ok(swaps.pair > 1000 && swaps.files > 1000, 'the states really changed')
  t.equal(duplicates, 0, 'and nothing came twice')
})

function isIdle(body: string): boolean {
  const { triggers } = JSON.parse(body) as { triggers: { open: number; lag: number }[] }
  return triggers.length === 6 && triggers.every(({ open, lag }) => open === 0 && lag === 0)
}
