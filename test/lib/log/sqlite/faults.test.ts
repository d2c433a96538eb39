import { execFileSync } from 'node:child_process'
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { Problem } from '#problems/problem.ts'
import { aRecord, idOf, KEEP, never, readAll, until } from '../event-log.suite.ts'
import { startSqlite } from './start-sqlite.ts'

function mountTmpfs(t: Test, size: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-tmpfs-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' })
  t.teardown(() => execFileSync('umount', ['-l', folder]))
  return folder
}

/** Only root may mount a small file system. */
function whyNotMount(): string | false {
  try {
    mountTmpfs(t, '1m')
    return false
  } catch {
    return 'cannot mount a small file system'
  }
}

const skip = whyNotMount()

t.test('a full disk: 503, nothing lost, and it recovers', { skip }, async (t) => {
  const dataDir = mountTmpfs(t, '4m')
  const faults: (string | undefined)[] = []
  const { logs, clock, stop } = startSqlite(t, {
    dataDir,
    segmentBytes: 512 * 1024,
    onFault: (_, fault) => faults.push(fault),
  })
  const log = await logs.open('demo/default', KEEP)
  const acknowledged = new Map<string, number>()
  let refused: unknown
  for (let at = 0; at < 2000 && refused === undefined; at++) {
    try {
      const [position] = await log.append([aRecord(`${at}`, 20_000)])
      acknowledged.set(`${at}`, position!.offset)
    } catch (error) {
      refused = error
    }
  }
  t.ok(refused instanceof Problem && refused.type === 'log-unavailable', String(refused))
  t.match(String(refused), /the disk is full/)
  t.notMatch(String(refused), dataDir, 'no path is shown to clients')
  t.ok(acknowledged.size > 50, `${acknowledged.size} found room`)

  // A second is over each time, and the disk is as full as before.
  writeFill(dataDir)
  for (let tries = 0; tries < 3; tries++) {
    clock.advance(1000)
    await new Promise((resolve) => setTimeout(resolve, 20))
    await log.append([aRecord(`again-${tries}`, 500_000)]).then(
      () => t.fail('there is no room'),
      (error) => t.equal(error.type, 'log-unavailable'),
    )
  }
  await until('the fault is known', () => log.fault() !== undefined)
  t.match(log.fault(), /demo\/default cannot be written: the disk is full/)
  t.equal(log.refusal()?.type, 'log-unavailable')

  rmSync(join(dataDir, 'fill'))
  remountTmpfs(dataDir, '64m')
  clock.advance(1000)
  await until('it recovers by itself', () => log.refusal() === undefined)
  t.equal(log.fault(), undefined)
  const [after] = await log.append([aRecord('after', 20_000)])
  t.ok(after!.offset > Math.max(...acknowledged.values()))
  t.equal(faults.at(-1), undefined)
  t.match(faults[0], /disk is full/)

  const found = new Map((await readAll(log)).map((record) => [idOf(record), record.offset]))
  for (const [id, offset] of acknowledged) if (found.get(id) !== offset) t.fail(`lost ${id}`)
  t.equal(found.get('after'), after!.offset)
  t.equal(found.size, acknowledged.size + 1, 'what was refused is not there')
  await stop()

  const again = startSqlite(t, { dataDir })
  const restarted = await readAll(await again.logs.open('demo/default', KEEP))
  const kept = new Map(restarted.map((record) => [idOf(record), record.offset]))
  for (const [id, offset] of acknowledged) if (kept.get(id) !== offset) t.fail(`lost ${id}`)
  await again.stop()
})

/** Takes what is left of the disk. */
function writeFill(dataDir: string): void {
  const file = join(dataDir, 'fill')
  for (let bytes = 1024 * 1024; bytes >= 4096; bytes /= 2) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(bytes), { flag: 'a' })
    } catch {
      // Then half as much, until nothing goes in any more.
    }
  }
}

function remountTmpfs(folder: string, option: string): void {
  const options = /^\d/.test(option) ? `remount,size=${option}` : `remount,${option}`
  execFileSync('mount', ['-o', options, folder])
}

t.test('a read-only disk at the start: reads go on, and it recovers', { skip }, async (t) => {
  const dataDir = mountTmpfs(t, '32m')
  const before = startSqlite(t, { dataDir })
  const first = await before.logs.open('demo/default', KEEP)
  for (let at = 0; at < 30; at++) await first.append([aRecord(`${at}`, 8000)])
  const [last] = await first.read([{ partition: 0, offset: 29 }], {
    maxBytes: 1,
    waitMs: 0,
    signal: never,
  })
  await before.stop()
  remountTmpfs(dataDir, 'ro')

  const { logs, clock, stop } = startSqlite(t, { dataDir })
  const log = await logs.open('demo/default', KEEP)
  t.match(log.fault(), /cannot be written: .*(read-only|opened)/)
  t.equal(log.refusal()?.type, 'log-unavailable')
  await t.rejects(log.append([aRecord('no')]), Problem)
  t.equal(
    await log.recognises({ partition: 0, offset: 30 }, last!.mark),
    true,
    'cursors stay where they are',
  )

  remountTmpfs(dataDir, 'rw')
  clock.advance(1000)
  await until('it recovers by itself', () => log.refusal() === undefined)
  const [position] = await log.append([aRecord('yes')])
  t.ok(position!.offset >= 30)
  t.equal((await readAll(log)).length, 31)
  t.equal(log.fault(), undefined)
  await stop()
})

t.test('little free space: 503 in good time', async (t) => {
  const { logs } = startSqlite(t, { minFreeBytes: 2 ** 60 })
  const log = await logs.open('demo/default', KEEP)

  t.match(log.fault(), /the disk is full \(\d+ MiB free, \d+ MiB are kept\)/)
  t.match(log.refusal()?.message, /the disk is full/)
  await t.rejects(log.append([aRecord('1')]), Problem)
})

t.test('a folder that cannot be made: open() says so', async (t) => {
  const dataDir = t.testdir({ log: 'a file' })
  const { logs } = startSqlite(t, { dataDir })
  const error = await logs.open('demo/default', KEEP).catch((error) => error)
  t.ok(error instanceof Problem && error.type === 'log-unavailable', String(error))
  t.match(error.message, /demo\/default: a file stands where its folder should be/)
})

t.test(
  'a segment behind a link that leads nowhere: said, not looked for again and again',
  async (t) => {
    const { logs, folder, segments, connect } = startSqlite(t)
    const log = await logs.open('demo/default', KEEP)
    for (let at = 0; at < 20; at++) await log.append([aRecord(`${at}`, 8 * 1024)])
    const [first] = segments()
    rmSync(first!)
    symlinkSync(join(folder, 'nowhere'), first!)
    const fresh = connect()
    t.teardown(() => fresh.close())
    const other = await fresh.open('demo/default', KEEP)

    await t.rejects(readAll(other), { message: /0000000000000000\.db: its file cannot be opened/ })
  },
)

t.test('a folder that cannot be looked into does not end the writer', async (t) => {
  const { logs, folder, clock } = startSqlite(t, { segmentAgeMs: 5000 })
  const log = await logs.open('demo/default', KEEP)
  await log.append([aRecord('1')])
  renameSync(folder, `${folder}.away`)
  symlinkSync(folder, folder)
  clock.advance(6000)
  await until('it is noticed', () => log.fault() !== undefined)
  t.match(log.fault(), /cannot be written/)
  rmSync(folder)
  renameSync(`${folder}.away`, folder)
  clock.advance(2000)
  await until('it is writable again', () => log.fault() === undefined)
  await log.append([aRecord('2')])

  t.same((await readAll(log)).map(idOf), ['1', '2'])
})
