import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { SqliteDeadLetterReader } from '#dead-letters/sqlite/sqlite-dead-letter-reader.ts'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import { runUntilKilled } from '../../support/run-until-killed.ts'
import { smallDisk } from '../../support/small-disk.ts'
import { aDeadLetter } from './a-dead-letter.ts'
import { deadLettersSuite } from './dead-letters.suite.ts'

function open(t: Test, file = join(t.testdir(), 'dead-letters.db')): SqliteDeadLetters {
  const letters = new SqliteDeadLetters(file)
  t.teardown(() => letters.close())
  return letters
}

function withData(offset: number, bytes: number) {
  const { attributes } = aDeadLetter().event
  return aDeadLetter({ offset, event: { attributes, data: Buffer.alloc(bytes, 'x') } })
}

t.test('SqliteDeadLetters', async (t) =>
  deadLettersSuite(t, (t) => ({
    letters: open(t),
    broker: 'default/shop',
    other: 'other/shop',
  })),
)

t.test('SqliteDeadLetters in a temporary file', async (t) =>
  deadLettersSuite(t, (t) => {
    const file = join(t.testdir(), 'dead-letters.db')
    const letters = new SqliteDeadLetters(file, { isTemporary: true })
    t.teardown(() => letters.close())
    return { letters, broker: 'default/shop', other: 'other/shop' }
  }),
)

t.test('what was put is there after the file was closed and opened again', async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')
  const first = open(t, file)
  await first.put(aDeadLetter())
  const before = await first.list({ limit: 10 })
  await first.close()
  await first.close()

  const second = open(t, file)

  t.strictSame(await second.list({ limit: 10 }), before)
  await second.put(aDeadLetter())
  t.equal(await second.count(), 1)
})

t.test('what was put is there after kill -9', async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')

  const script = new URL('./put-until-killed.ts', import.meta.url)
  const printed = await runUntilKilled(script, [file], 150)

  const { letters } = await open(t, file).list({ limit: 1000 })
  const kept = new Set(letters.map(({ offset }) => offset))
  t.strictSame(
    printed.filter((offset) => !kept.has(Number(offset))),
    [],
  )
  t.ok(letters.every(({ dataBytes }) => dataBytes === 3000))
})

t.test('close() stores what still waits', async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')
  const letters = open(t, file)

  const put = letters.put(aDeadLetter())
  await letters.close()

  await put
  t.equal(await open(t, file).count(), 1)
})

t.test('more than may wait at once is stored all the same', async (t) => {
  const letters = open(t)

  const puts = Array.from({ length: 600 }, (_, offset) => letters.put(aDeadLetter({ offset })))
  const large = [0, 1, 2].map((offset) => letters.put(withData(offset, 3 * 1024 * 1024)))
  await Promise.all([...puts, ...large])

  t.equal(await letters.count(), 600)
})

t.test('a letter that cannot be stored does not take the others with it', async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')
  const letters = open(t, file)
  const blocker = new DatabaseSync(file)
  t.teardown(() => blocker.close())
  blocker.exec(`CREATE TRIGGER fault BEFORE INSERT ON letters WHEN NEW.offset = 1
                BEGIN SELECT RAISE(ABORT, 'a fault'); END`)

  const results = await Promise.allSettled(
    [0, 1, 2].map((offset) => letters.put(aDeadLetter({ offset }))),
  )

  t.match(results, [
    { status: 'fulfilled' },
    {
      status: 'rejected',
      reason: { message: `Cannot store the dead letters in ${file}: a fault`, cause: Error },
    },
    { status: 'fulfilled' },
  ])
  t.equal(await letters.count(), 2)
})

t.test(
  'a transaction that fails as a whole rejects every put in it, and the next may work',
  async (t) => {
    const file = join(t.testdir(), 'dead-letters.db')
    const letters = open(t, file)
    const blocker = new DatabaseSync(file)
    t.teardown(() => blocker.close())
    blocker.exec(`CREATE TRIGGER fault BEFORE INSERT ON letters WHEN NEW.offset = 1
                BEGIN SELECT RAISE(ROLLBACK, 'a fault'); END`)

    const results = await Promise.allSettled(
      [0, 1, 2].map((offset) => letters.put(aDeadLetter({ offset }))),
    )

    t.match(results, [{ status: 'rejected' }, { status: 'rejected' }, { status: 'rejected' }])
    t.equal(await letters.count(), 0)
    await letters.put(aDeadLetter({ offset: 3 }))
    t.equal(await letters.count(), 1)
  },
)

t.test('a full disk fails the put, loses nothing, and passes', async (t) => {
  const disk = smallDisk(t, 1024)
  if (disk === undefined) {
    t.pass('a full disk', { skip: 'this process may not mount a disk' })
    return
  }
  const file = join(disk, 'dead-letters.db')
  const letters = open(t, file)
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(256 * 1024))

  let stored = 0
  await t.rejects(
    async () => {
      for (; stored < 100; stored++) await letters.put(withData(stored, 30_000))
    },
    { message: /Cannot store the dead letters in .*\.db: .*full \(free some disk space\)/ },
  )
  t.ok(stored > 0 && stored < 100, `${stored} letters were stored`)
  t.equal(await letters.count(), stored)

  writeFileSync(ballast, '')
  await letters.put(withData(stored, 30_000))
  t.equal(await letters.count(), stored + 1)
})

t.test('put() and count() after close() say so', async (t) => {
  const letters = open(t)
  await letters.close()

  await t.rejects(letters.put(aDeadLetter()), /Cannot store the dead letters in .*: closed/)
  await t.rejects(letters.count(), /Cannot read the dead letters in .*: closed/)
})

t.test(
  'SqliteDeadLetterReader has nothing before the file exists, and then sees each new letter',
  async (t) => {
    const file = join(t.testdir(), 'dead-letters.db')
    const reader = new SqliteDeadLetterReader(file)
    t.teardown(() => reader.close())
    t.strictSame(await reader.list({ limit: 10 }), { letters: [], next: undefined })
    t.equal(await reader.count(), 0)
    t.equal(await reader.get('AAAAAAAAAAAAAAAAAAAAAA'), undefined)
    const letters = open(t, file)
    t.equal(await reader.count(), 0)

    for (const offset of [0, 1, 2]) {
      await letters.put(aDeadLetter({ offset }))
      t.equal(await reader.count(), offset + 1)
    }
  },
)

t.test('SqliteDeadLetterReader reads from another thread while letters are put', async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')
  const thread = new Worker(new URL('./list-in-thread.ts', import.meta.url), { workerData: file })
  t.teardown(() => thread.terminate())
  const list = async () => {
    const answer = once(thread, 'message')
    thread.postMessage('list')
    const [offsets] = await answer
    return new Set(offsets)
  }
  t.strictSame(await list(), new Set())
  const letters = open(t, file)

  const expected = new Set<number>()
  for (let offset = 0; offset < 20; offset++) {
    await letters.put(aDeadLetter({ offset }))
    expected.add(offset)
    t.strictSame(await list(), expected)
  }
})

t.test(
  'SqliteDeadLetterReader goes on reading after the writer has gone and come back',
  async (t) => {
    const file = join(t.testdir(), 'dead-letters.db')
    const reader = new SqliteDeadLetterReader(file)
    t.teardown(() => reader.close())
    const first = open(t, file)
    await first.put(aDeadLetter({ offset: 0 }))
    t.equal(await reader.count(), 1)

    await first.close()
    t.equal(await reader.count(), 1)
    await open(t, file).put(aDeadLetter({ offset: 1 }))

    t.equal(await reader.count(), 2)
  },
)

const IO = '/proc/self/io'
const noIo = existsSync(IO) ? false : `there is no ${IO}`

t.test('list() does not read the data', { skip: noIo }, async (t) => {
  const file = join(t.testdir(), 'dead-letters.db')
  const letters = open(t, file)
  await Promise.all([0, 1, 2, 3].map((offset) => letters.put(withData(offset, 1024 * 1024))))
  await letters.close()
  const reader = new SqliteDeadLetterReader(file)
  t.teardown(() => reader.close())
  const bytesRead = () => Number(/rchar: (\d+)/.exec(readFileSync(IO, 'utf8'))?.[1])
  const before = bytesRead()

  const { letters: listed } = await reader.list({ limit: 1000 })
  const afterList = bytesRead()
  await reader.get(listed[0]?.id ?? '')
  const afterGet = bytesRead()

  t.equal(listed.length, 4)
  t.ok(afterList - before < 256 * 1024, `${afterList - before} bytes for the list`)
  t.ok(afterGet - afterList > 1024 * 1024, `${afterGet - afterList} bytes for one letter`)
})
