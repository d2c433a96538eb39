import { execFileSync, spawnSync } from 'node:child_process'
import {
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { CountingSubscriber } from '../support/counting-subscriber.ts'
import { postEvent } from '../support/post-event.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { smallDisk } from '../support/small-disk.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const EVENTS = 3000
const WHY = /read-only|not writable|cannot be opened|I\/O error/

const subscriber = await CountingSubscriber.start()
t.teardown(() => subscriber.close())
let rounds = 0

/** A Broker with two Triggers of fresh names: one that delivers, and one that may be paused. */
function eventing(isPaused: boolean, round = rounds): string {
  return [
    brokerYaml(),
    triggerYaml({ name: 'fast', subscriber: `{uri: "${subscriber.url}fast-${round}"}` }),
    triggerYaml({
      name: 'late',
      subscriber: `{uri: "${subscriber.url}late-${round}"}`,
      annotations: `sluice.dev/paused: "${isPaused}"`,
    }),
  ].join('---\n')
}

function loadOn(t: Test, sluice: SluiceProcess): SteadyLoad {
  const data = JSON.stringify({ text: 'x'.repeat(1024) })
  const load = new SteadyLoad({
    url: `${sluice.ingressUrl}/default/default`,
    perSecond: 1000,
    event: (n) => ({ attributes: { id: `${n}`, type: 'test' }, data }),
  })
  t.teardown(() => load.stop())
  return load
}

async function readyz(url: string) {
  const response = await fetch(`${url}/readyz`)
  return { status: response.status, body: await response.text() }
}

const folderOf = (dir: string) => join(dir, 'data', 'log', 'default', 'default')

function segments(dir: string): readonly string[] {
  return readdirSync(folderOf(dir))
    .filter((name) => name.endsWith('.db'))
    .sort()
}

/** Overwrites the middle third of a segment, and of what stands beside it. */
function damage(file: string): void {
  for (const name of [file, `${file}-wal`]) {
    const size = statSync(name, { throwIfNoEntry: false })?.size ?? 0
    if (size < 64 * 1024) continue
    const handle = openSync(name, 'r+')
    writeSync(handle, Buffer.alloc(Math.floor(size / 3), 0xa5), 0, undefined, Math.floor(size / 3))
    closeSync(handle)
  }
}

function isIdle(body: string): boolean {
  const { triggers } = JSON.parse(body) as { triggers: { open: number; lag: number }[] }
  return triggers.every(({ open, lag }) => open === 0 && lag === 0)
}

/** Makes files immutable, those that are open included, or mutable again. */
function setImmutable(folder: string, isImmutable: boolean): void {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  // A -shm file is memory to SQLite: a write to it that fails ends the process.
  const files = names.filter((name) => !name.endsWith('-shm')).map((name) => join(folder, name))
  const flag = isImmutable ? '+i' : '-i'
  // Folders first, so that nothing is made or removed meanwhile.
  spawnSync('chattr', ['-f', flag, folder, ...files], { stdio: 'ignore' })
}

/** A folder in which an immutable file refuses even whoever has it open, if this machine has one. */
function freezableFolder(t: Test): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-frozen-'))
  const thaw = () => {
    if (!existsSync(folder)) return
    setImmutable(folder, false)
    rmSync(folder, { recursive: true, force: true })
  }
  process.once('exit', thaw)
  t.teardown(thaw)
  const probe = join(folder, 'probe')
  const handle = openSync(probe, 'w')
  setImmutable(folder, true)
  try {
    writeSync(handle, 'x')
    return undefined
  } catch {
    setImmutable(folder, false)
    rmSync(probe)
    return folder
  } finally {
    closeSync(handle)
  }
}

t.test('files that become read-only while it runs: 503, and it recovers', async (t) => {
  const data = freezableFolder(t)
  if (data === undefined) {
    t.pass('not here: no file system on this machine makes open files immutable')
    return
  }
  rounds++
  const sluice = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: eventing(false),
    env: { DATA_DIR: data },
  })
  t.teardown(() => sluice.stop())
  const load = loadOn(t, sluice)
  await load.until('events are taken', () => load.acknowledged.size > 1000)

  setImmutable(data, true)
  await load.until('it is refused', () => load.refusal !== undefined, 10_000)
  t.equal(load.refusal?.status, 503)
  t.match(load.refusal?.retryAfter, /^[1-9]\d*$/)
  t.match(load.refusal?.body, WHY)
  await delay(3000)
  const whileReadOnly = load.acknowledged.size
  const { status, body } = await readyz(sluice.ingressUrl)
  t.comment(`/readyz: ${status} ${body}`)
  t.equal(status, 503)
  t.match(body, WHY)

  setImmutable(data, false)
  await sluice.until('/readyz', (text) => text.includes('"ready":true'), 10_000)
  await load.until('events are taken again', () => load.acknowledged.size > whileReadOnly + 1000)
  await load.stop()
  await sluice.until('/triggers', isIdle, 30_000)

  const path = `/fast-${rounds}`
  t.comment({
    acknowledged: load.acknowledged.size,
    refused: Object.fromEntries(load.refused),
    duplicates: subscriber.duplicates(path),
  })
  t.same([...load.refused.keys()], [503])
  t.same(
    [...load.acknowledged].filter((id) => !subscriber.at(path).has(id)),
    [],
  )
})

t.test('a read-only disk at the start: one line that says so', async (t) => {
  const disk = smallDisk(t, 128 * 1024)
  if (disk === undefined) throw new Error('Cannot mount a small disk: this test needs root')
  rounds++
  const env = { DATA_DIR: join(disk, 'data') }
  const first = await SluiceProcess.start({ dir: t.testdir(), eventing: eventing(true), env })
  t.teardown(() => first.stop())
  await postEvent(first.ingressUrl, { attributes: { id: 'before' } })
  t.equal(await first.stop(), 0)

  execFileSync('mount', ['-o', 'remount,ro', disk])
  const readOnly = await SluiceProcess.start({
    dir: t.testdir(),
    eventing: eventing(false),
    env,
  }).catch(String)
  const said = typeof readOnly === 'string' ? readOnly : (await readyz(readOnly.ingressUrl)).body
  t.comment(said)
  t.match(said, /read-only|writable/)
  t.notMatch(said, /\\n +at |\n {4}at /, 'without a stack')
  if (typeof readOnly !== 'string') await readOnly.stop()

  execFileSync('mount', ['-o', 'remount,rw', disk])
  const second = await SluiceProcess.start({ dir: t.testdir(), eventing: eventing(false), env })
  t.teardown(() => second.stop())
  await second.until('/triggers', isIdle)
  t.ok(subscriber.at(`/late-${rounds}`).has('before'))
})

t.test(
  'a segment damaged while stopped: named, nothing skipped, mended by putting it back',
  async (t) => {
    rounds++
    const dir = t.testdir()
    const first = await SluiceProcess.start({ dir, eventing: eventing(true) })
    t.teardown(() => first.stop())
    const load = loadOn(t, first)
    await load.until('there is a log', () => load.acknowledged.size > EVENTS)
    await load.stop()
    await load.until('the fast Trigger has it', () =>
      [...load.acknowledged].every((id) => subscriber.at(`/fast-${rounds}`).has(id)),
    )
    t.equal(await first.stop(), 0)
    const [segment = ''] = segments(dir)
    const file = join(folderOf(dir), segment)
    const copy = join(dir, 'copy.db')
    cpSync(file, copy)
    damage(file)

    const second = await SluiceProcess.start({ dir, eventing: eventing(false) })
    t.teardown(() => second.stop())
    const late = `/late-${rounds}`
    await load.until('it is said at the ingress too', async () => {
      const { status, body } = await readyz(second.ingressUrl)
      return status === 503 && body.includes(segment)
    })
    await second.until('/readyz', (body) => body.includes(segment))
    const refused = await postEvent(second.ingressUrl)
    t.equal(refused.status, 503)
    t.match(await refused.text(), new RegExp(segment), 'the file is named')
    await delay(2500)
    const before = subscriber.at(late).size
    t.ok(before < load.acknowledged.size, 'what is damaged does not come')
    t.same(
      [...subscriber.at(late).keys()].sort((a, b) => Number(a) - Number(b)),
      [...load.acknowledged].slice(0, before).sort((a, b) => Number(a) - Number(b)),
      'nor what stands after it: nothing is skipped',
    )

    // As the operator is told to: the file is put back.
    for (const end of ['-wal', '-shm']) rmSync(`${file}${end}`, { force: true })
    cpSync(copy, `${file}.restored`)
    renameSync(`${file}.restored`, file)
    await second.until('/readyz', (body) => body.includes('"ready":true'), 15_000)
    await second.until('/triggers', isIdle, 15_000)
    t.comment({
      acknowledged: load.acknowledged.size,
      beforeTheDamage: before,
      delivered: subscriber.at(late).size,
      duplicates: subscriber.duplicates(late),
    })
    t.same(
      [...load.acknowledged].filter((id) => !subscriber.at(late).has(id)),
      [],
    )
    t.equal(subscriber.duplicates(late), 0)
  },
)

t.test('a segment damaged while it runs: named; moved away, the rest goes on', async (t) => {
  rounds++
  const dir = t.testdir()
  const sluice = await SluiceProcess.start({ dir, eventing: eventing(true) })
  t.teardown(() => sluice.stop())
  const load = loadOn(t, sluice)
  await load.until('there is a log', () => load.acknowledged.size > EVENTS)
  const [segment = ''] = segments(dir)
  const file = join(folderOf(dir), segment)
  damage(file)
  await sluice.writeEventing(eventing(false))
  const fault = await sluice.until('/readyz', (body) => body.includes('"ready":false'), 15_000)
  t.match(fault, new RegExp(segment), 'the file is named')
  await delay(2500)
  t.equal(load.refusal?.status, 503, 'the ingress refuses meanwhile')
  const late = subscriber.at(`/late-${rounds}`)
  const before = late.size

  const away = join(dir, 'away')
  mkdirSync(away)
  for (const end of ['-wal', '-shm', '']) {
    const name = `${file}${end}`
    if (statSync(name, { throwIfNoEntry: false })) renameSync(name, join(away, `${segment}${end}`))
  }
  await sluice.until('/readyz', (body) => body.includes('"ready":true'), 15_000)
  const since = load.acknowledged.size
  await load.until('events are taken', () => load.acknowledged.size > since + 1000)
  await load.stop()
  await sluice.until('/triggers', isIdle, 30_000)

  const given = [...load.acknowledged].filter((id) => !late.has(id))
  const metrics = await (await sluice.get('/metrics')).text()
  const expired =
    /sluice_expired_undelivered_total\{[^}]*trigger="default\/late"[^}]*\} (\d+)/.exec(metrics)?.[1]
  t.comment({
    acknowledged: load.acknowledged.size,
    refused: Object.fromEntries(load.refused),
    lateHadBefore: before,
    lateHas: late.size,
    givenUp: given.length,
    expired,
    duplicates: subscriber.duplicates(`/late-${rounds}`),
  })
  t.same(
    [...load.refused.keys()].filter((code) => code !== 503),
    [],
    'at worst 503',
  )
  t.ok(Number(expired) >= given.length, 'what the operator gave up is counted')
  const after = [...load.acknowledged].slice(since)
  t.equal(after.filter((id) => !late.has(id)).length, 0, 'what came later arrives')
})
