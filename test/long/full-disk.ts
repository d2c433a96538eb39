import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CountingSubscriber } from '../support/counting-subscriber.ts'
import { deadLettersOf } from '../support/dead-letters-of.ts'
import { SluiceProcess } from '../support/sluice-process.ts'
import { smallDisk } from '../support/small-disk.ts'
import { SteadyLoad } from '../support/steady-load.ts'
import { brokerYaml, triggerYaml } from '../support/trigger-yaml.ts'

const KIB = 1024

t.test('a full disk under load: 503, nothing lost, and it recovers by itself', async (t) => {
  // 32 MiB of it are kept free, for cursors and dead letters.
  const disk = smallDisk(t, 52 * KIB)
  if (disk === undefined) throw new Error('Cannot mount a small disk: this test needs root')
  const subscriber = await CountingSubscriber.start()
  t.teardown(() => subscriber.close())
  const eventing = [
    brokerYaml(),
    triggerYaml({ name: 'all', subscriber: `{uri: "${subscriber.url}all"}` }),
    triggerYaml({
      name: 'nobody',
      subscriber: '{uri: "http://127.0.0.1:1/"}',
      spec: '  filters: [{exact: {type: unlucky}}]\n  delivery: {retry: 0}',
    }),
  ].join('---\n')
  const options = {
    dir: t.testdir(),
    eventing,
    env: { DATA_DIR: join(disk, 'data') },
  }
  let sluice = await SluiceProcess.start(options)
  t.teardown(() => sluice.stop())
  const data = JSON.stringify({ text: 'x'.repeat(2 * KIB) })
  const load = new SteadyLoad({
    url: `${sluice.ingressUrl}/default/default`,
    perSecond: 1000,
    event: (n) => ({
      attributes: { id: `${n}`, type: n % 100 === 0 ? 'unlucky' : 'lucky' },
      data,
    }),
  })
  t.teardown(() => load.stop())
  const readyz = async (url: string) => {
    const response = await fetch(`${url}/readyz`)
    return { status: response.status, body: await response.text() }
  }

  await load.until('the disk is full', () => load.refusal !== undefined)
  t.equal(load.refusal?.status, 503)
  t.match(load.refusal?.retryAfter, /^[1-9]\d*$/)
  t.match(load.refusal?.body, /\/problems\/log-unavailable/)
  t.match(load.refusal?.body, /the disk is full/)
  t.notMatch(load.refusal?.body, disk, 'no path is shown to clients')
  for (const url of [sluice.ingressUrl, sluice.adminUrl]) {
    const { status, body } = await readyz(url)
    t.equal(status, 503)
    t.match(body, /the disk is full/)
  }
  await load.until('what is stored is delivered all the same', () =>
    [...load.acknowledged].every((id) => subscriber.at('/all').has(id)),
  )

  const stored = load.acknowledged.size
  // Now somebody else takes the rest, and neither cursors nor dead letters can be written.
  fill(join(disk, 'fill'))
  await delay(4000)
  t.equal((await fetch(`${sluice.ingressUrl}/healthz`)).status, 200, 'it lives')
  t.equal((await readyz(sluice.ingressUrl)).status, 503)
  const whileFull = load.acknowledged.size
  t.equal(whileFull, stored, 'nothing is acknowledged that cannot be kept')

  rmSync(join(disk, 'fill'))
  execFileSync('mount', ['-o', 'remount,size=512m', disk])
  const freed = performance.now()
  await sluice.until('/readyz', (body) => body.includes('"ready":true'), 10_000)
  await load.until('events are taken again', () => load.acknowledged.size > whileFull + 2000)
  const recoveredMs = Math.round(performance.now() - freed)
  await load.stop()
  await sluice.until('/triggers', isIdle, 30_000)

  const all = [...load.acknowledged]
  const report = () => ({
    acknowledged: all.length,
    beforeFull: stored,
    refused: Object.fromEntries(load.refused),
    recoveredMs,
    duplicates: subscriber.duplicates('/all'),
  })
  t.comment(report())
  t.same([...load.refused.keys()], [503])
  t.equal(load.broken, 0)
  t.same(
    all.filter((id) => !subscriber.at('/all').has(id)),
    [],
    'what was acknowledged was delivered',
  )
  const dead = new Set((await deadLettersOf(sluice, 'default/nobody')).map(({ event }) => event.id))
  t.same(
    all.filter((id) => Number(id) % 100 === 0 && !dead.has(id)),
    [],
    'or is a dead letter',
  )
  t.equal(subscriber.duplicates('/all'), 0)
  t.equal(await sluice.stop(), 0)

  sluice = await SluiceProcess.start(options)
  await sluice.until('/triggers', isIdle)
  t.equal(subscriber.duplicates('/all'), 0, 'nor does a restart repeat anything')
})

t.test('kill -9 while the disk is full: nothing lost', async (t) => {
  const disk = smallDisk(t, 52 * KIB)
  if (disk === undefined) throw new Error('Cannot mount a small disk: this test needs root')
  const subscriber = await CountingSubscriber.start()
  t.teardown(() => subscriber.close())
  subscriber.hold('/all')
  const eventing = [
    brokerYaml(),
    triggerYaml({ name: 'all', subscriber: `{uri: "${subscriber.url}all"}` }),
  ].join('---\n')
  const options = { dir: t.testdir(), eventing, env: { DATA_DIR: join(disk, 'data') } }
  const first = await SluiceProcess.start(options)
  t.teardown(() => first.stop('SIGKILL'))
  const data = JSON.stringify({ text: 'x'.repeat(2 * KIB) })
  const load = new SteadyLoad({
    url: `${first.ingressUrl}/default/default`,
    perSecond: 1000,
    event: (n) => ({ attributes: { id: `${n}`, type: 'test' }, data }),
  })
  t.teardown(() => load.stop())
  await load.until('the disk is full', () => load.refusal !== undefined)
  fill(join(disk, 'fill'))
  await delay(500)
  await first.stop('SIGKILL')
  await load.stop()
  subscriber.letGo()

  // It may refuse to start, and then says why; with space it goes on where it was.
  const onFull = await SluiceProcess.start(options).catch(String)
  if (typeof onFull === 'string') {
    t.comment(`on the full disk: ${onFull}`)
    t.match(onFull, /full/)
    t.notMatch(onFull, /\n {4}at /)
  } else {
    const { body, status } = await fetch(`${onFull.ingressUrl}/readyz`).then(async (response) => ({
      status: response.status,
      body: await response.text(),
    }))
    t.comment(`on the full disk: ${status} ${body}`)
    t.equal(status, 503)
    t.match(body, /full/)
  }
  rmSync(join(disk, 'fill'))
  execFileSync('mount', ['-o', 'remount,size=512m', disk])
  const second = typeof onFull === 'string' ? await SluiceProcess.start(options) : onFull
  t.teardown(() => second.stop())
  await second.until('/readyz', (body) => body.includes('"ready":true'), 10_000)
  await second.until('/triggers', isIdle, 30_000)

  t.comment({
    acknowledged: load.acknowledged.size,
    duplicates: subscriber.duplicates('/all'),
  })
  t.ok(load.acknowledged.size > 1000)
  t.same(
    [...load.acknowledged].filter((id) => !subscriber.at('/all').has(id)),
    [],
    'what was acknowledged was delivered',
  )
  t.ok(subscriber.duplicates('/all') <= 64, 'again comes at most what was in flight')
})

/** Takes what is left of a disk. */
function fill(file: string): void {
  for (let bytes = 1024 * KIB; bytes >= 512; bytes /= 2) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // Then half as much, until nothing goes in any more.
    }
  }
}

function isIdle(body: string): boolean {
  const { triggers } = JSON.parse(body) as { triggers: { open: number; lag: number }[] }
  return triggers.every(({ open, lag }) => open === 0 && lag === 0)
}
