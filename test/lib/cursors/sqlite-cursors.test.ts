import { existsSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { CursorChange } from '#cursors/cursors.ts'
import { CURSOR_MIGRATIONS } from '#cursors/sqlite/cursor-schema.ts'
import { SqliteCursors } from '#cursors/sqlite/sqlite-cursors.ts'
import { runUntilKilled } from '../../support/run-until-killed.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { cursorsSuite } from './cursors.suite.ts'

function open(t: Test, file = join(t.testdir(), 'cursors.db')): SqliteCursors {
  const cursors = new SqliteCursors(file)
  t.teardown(() => cursors.close())
  return cursors
}

/** A change whose parts all tell the same number. */
function change(offset: number, size = 1): CursorChange {
  const attempt = {
    phase: 'deliver',
    time: offset,
    durationMs: 1,
    error: 'x'.repeat(size),
  } as const
  return {
    shared: { offset, mark: `m${offset}`, partitions: 1 },
    triggers: new Map([['default/a', { next: undefined, open: [offset], specs: [] }]]),
    failures: [
      {
        trigger: 'default/a',
        offset,
        failure: { phase: 'deliver', count: 1, attempts: [attempt], since: offset, delayMs: 100 },
      },
    ],
  }
}

t.test('SqliteCursors', async (t) =>
  cursorsSuite(t, (t) => ({ cursors: open(t), broker: "x'/y", other: 'default/shop' })),
)

t.test('what was saved is there after the file was closed and opened again', async (t) => {
  const file = join(t.testdir(), 'cursors.db')
  const first = open(t, file)
  await first.save('default/shop', 0, change(5))
  const saved = await first.load('default/shop', 0)
  await first.close()
  await first.close()

  t.strictSame(await open(t, file).load('default/shop', 0), saved)
})

t.test('cursors of the first version are read: its logs had one partition', async (t) => {
  const file = join(t.testdir(), 'cursors.db')
  const old = new DatabaseSync(file)
  old.exec(CURSOR_MIGRATIONS[0])
  old.exec("INSERT INTO partitions VALUES ('default/shop', 0, 7, 'm')")
  old.exec('PRAGMA user_version = 1')
  old.close()

  const loaded = await open(t, file).load('default/shop', 0)

  t.strictSame(loaded?.shared, { offset: 7, mark: 'm', partitions: 1 })
})

t.test('what was saved is there after kill -9, whole', async (t) => {
  const file = join(t.testdir(), 'cursors.db')

  const script = new URL('./save-until-killed.ts', import.meta.url)
  const printed = await runUntilKilled(script, [file], 300)

  const loaded = await open(t, file).load('default/shop', 0)
  const offset = loaded?.shared.offset ?? -1
  t.ok(offset >= Number(printed.at(-1)), `${offset} is at least ${printed.at(-1)}`)
  t.strictSame(loaded?.triggers.get('default/a')?.open, [offset])
  t.strictSame([...(loaded?.failures.get('default/a')?.keys() ?? [])], [offset])
})

t.test('a save that fails changes nothing, says why, and the next may work', async (t) => {
  const file = join(t.testdir(), 'cursors.db')
  const cursors = open(t, file)
  await cursors.save('default/shop', 0, change(1))
  const blocker = new DatabaseSync(file)
  t.teardown(() => blocker.close())
  blocker.exec(`CREATE TRIGGER fault BEFORE INSERT ON failures WHEN NEW.offset = 2
                BEGIN SELECT RAISE(ABORT, 'a fault'); END`)

  await t.rejects(cursors.save('default/shop', 0, change(2)), {
    message: `Cannot save the cursors in ${file}: a fault`,
    cause: Error,
  })

  t.equal((await cursors.load('default/shop', 0))?.shared.offset, 1)
  t.strictSame((await cursors.load('default/shop', 0))?.triggers.get('default/a')?.open, [1])
  await cursors.save('default/shop', 0, change(3))
  t.equal((await cursors.load('default/shop', 0))?.shared.offset, 3)
})

t.test('a full disk fails the save, loses nothing, and passes', async (t) => {
  const disk = smallDisk(t, 512)
  if (disk === undefined) {
    t.pass('a full disk', { skip: 'this process may not mount a disk' })
    return
  }
  const file = join(disk, 'cursors.db')
  const cursors = open(t, file)
  await cursors.save('default/shop', 0, change(0))
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(128 * 1024))

  let offset = 0
  await t.rejects(
    async () => {
      for (;;) {
        await cursors.save('default/shop', 0, change(offset + 1, 4000))
        offset += 1
        if (offset > 1000) throw new Error('never full')
      }
    },
    { message: /Cannot save the cursors in .*cursors\.db: .*full \(free some disk space\)/ },
  )
  t.equal((await cursors.load('default/shop', 0))?.shared.offset, offset, 'the last good save')

  writeFileSync(ballast, '')
  await cursors.save('default/shop', 0, change(offset + 1))
  t.equal((await cursors.load('default/shop', 0))?.shared.offset, offset + 1)
})

t.test('offsets that do not rise are refused, and nothing is saved', async (t) => {
  const cursors = open(t)
  await cursors.save('default/shop', 0, change(1))

  const triggers = new Map([['default/a', { next: undefined, open: [2, 2], specs: [] }]])
  await t.rejects(cursors.save('default/shop', 0, { ...change(2), triggers }), RangeError)

  t.equal((await cursors.load('default/shop', 0))?.shared.offset, 1)
})

t.test('save() after close() says so', async (t) => {
  const file = join(t.testdir(), 'cursors.db')
  const cursors = open(t, file)
  await cursors.close()

  await t.rejects(cursors.save('default/shop', 0, change(1)), /Cannot save the cursors in /)
})

t.test('4096 open offsets saved again and again do not make the file grow', async (t) => {
  const file = join(t.testdir(), 'cursors.db')
  const cursors = open(t, file)
  const sizeAfter = async (saves: number) => {
    for (let i = 0; i < saves; i++) {
      const offsets = Array.from({ length: 4096 }, (_, n) => 2 ** 40 + i + n * 200)
      const triggers = new Map([['default/a', { next: undefined, open: offsets, specs: [] }]])
      await cursors.save('default/shop', 0, {
        shared: { offset: i, mark: '', partitions: 1 },
        triggers,
      })
    }
    return statSync(file).size + statSync(`${file}-wal`).size
  }
  const before = await sizeAfter(600)

  const after = await sizeAfter(600)

  t.ok(existsSync(file))
  t.ok(after <= before, `${after} bytes is no more than ${before}`)
})
