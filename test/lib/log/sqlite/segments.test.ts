import {
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import t, { type Test } from 'tap'
import type { EventLog, LogRecord } from '#log/event-log.ts'
import { SegmentReader } from '#log/sqlite/segment-reader.ts'
import { aRecord, idOf, KEEP, never, readAll, until } from '../event-log.suite.ts'
import { startSqlite } from './start-sqlite.ts'

const shared = startSqlite(t, { segmentAgeMs: 5000 })
let started = 0

/** A Broker of its own, because starting a writer takes longer than most tests. */
function startLog(t: Test) {
  const broker = `demo/test${started++}`
  const folder = join(shared.dataDir, 'log', broker)
  const connect = () => {
    const logs = shared.connect()
    t.teardown(() => logs.close())
    return logs
  }
  const segments = () => shared.segments(folder)
  return { broker, folder, segments, clock: shared.clock, logs: connect(), connect }
}

/** Appends `count` records of 8 KiB, one commit each. */
async function fill(log: EventLog, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await log.append([aRecord(`${at}`, 8 * 1024)])
}

const ids = (records: readonly LogRecord[]) => records.map(idOf)
const from0 = [{ partition: 0, offset: 0 }]
const some = { maxBytes: 1_000_000, waitMs: 0, signal: never }

/** Changes one bit of the last record in a file. */
function damage(file: string): void {
  const bytes = readFileSync(file)
  const at = bytes.lastIndexOf('test.event')
  bytes[at + 200]! ^= 1
  writeFileSync(file, bytes)
}

t.test('a segment is sealed when it is large', async (t) => {
  const { broker, logs, segments, connect } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 10)
  t.equal(segments().length, 2)
  const [first] = segments()
  const before = { bytes: readFileSync(first!), ms: statSync(first!).mtimeMs }
  t.notOk(existsSync(`${first}-wal`) && statSync(`${first}-wal`).size > 0, 'all is in the file')

  await fill(log, 20)

  t.equal(segments().length, 5)
  t.ok(readFileSync(first!).equals(before.bytes), 'a sealed one is never written again')
  t.equal(statSync(first!).mtimeMs, before.ms)
  const expected = [...Array(10).keys(), ...Array(20).keys()].map(String)
  t.same(ids(await readAll(log, 1)), expected)
  const other = connect()
  t.same(ids(await readAll(await other.open(broker, KEEP))), expected)
  await other.close()
})

t.test('a segment is sealed when it is old', async (t) => {
  const { broker, logs, segments, clock } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await log.append([aRecord('1')])
  clock.advance(4000)
  await log.append([aRecord('2')])
  t.equal(segments().length, 1)

  clock.advance(1000)
  await until('it is sealed', () => segments().length === 2)

  await log.append([aRecord('3')])
  t.same(ids(await readAll(log)), ['1', '2', '3'])
})

t.test('an expired segment leaves no file, open or not', async (t) => {
  const { broker, logs, folder, clock, connect } = startLog(t)
  const log = await logs.open(broker, { ageMs: 60_000, bytes: undefined })
  const reader = connect()
  t.teardown(() => reader.close())
  const other = await reader.open(broker, { ageMs: 60_000, bytes: undefined })
  await fill(log, 30)
  await readAll(log)
  await readAll(other)

  clock.advance(62_000)
  await until('all has expired', async () => (await log.bounds())[0]!.start === 30)

  await until(
    'one empty segment is left',
    () => readdirSync(folder).filter((name) => name.endsWith('.db')).length === 1,
  )
  await until('nobody holds a deleted file', () => deletedFiles(folder).length === 0)
  t.same(await log.bounds(), [{ partition: 0, start: 30, end: 30 }])
  const [read] = await other.read(from0, some)
  t.same([read!.start, read!.next, read!.records.length], [30, 30, 0])
  t.equal((await log.append([aRecord('next')]))[0]!.offset, 30)
})

/** Files of a folder that are deleted and that this process still holds open. */
function deletedFiles(folder: string): string[] {
  if (!existsSync('/proc/self/fd')) return []
  const names: string[] = []
  for (const descriptor of readdirSync('/proc/self/fd')) {
    try {
      const name = readlinkSync(`/proc/self/fd/${descriptor}`)
      if (name.startsWith(folder) && name.endsWith('(deleted)')) names.push(name)
    } catch {
      // It was closed meanwhile.
    }
  }
  return names
}

t.test('by size, the oldest segments go first, and never what is not released', async (t) => {
  const { broker, logs, segments } = startLog(t)
  const log = await logs.open(broker, { ageMs: 1e9, bytes: 512 * 1024 })
  let count = 0
  for (; log.refusal() === undefined && count < 500; count++) {
    await log.append([aRecord(`${count}`, 8 * 1024)]).catch(() => count--)
  }
  t.equal((await log.bounds())[0]!.start, 0)
  const full = segments().length

  log.release({ partition: 0, offset: 20 })
  await until('there is room', () => log.refusal() === undefined)
  const start = (await log.bounds())[0]!.start
  t.ok(start > 0 && start <= 20, `starts at ${start}`)
  t.ok(segments().length < full)
  t.equal(ids(await readAll(log))[0], `${start}`)

  log.release({ partition: 0, offset: 1_000_000 })
  await fill(log, 200)
  t.equal(log.refusal(), undefined, 'what is released makes room for ever')
  const bytes = segments().reduce((sum, file) => sum + statSync(file).size, 0)
  t.ok(bytes < 700 * 1024, `${bytes} bytes`)
})

t.test('a damaged segment is reported, not skipped, and given up by moving it away', async (t) => {
  const { broker, logs, segments, clock, connect } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 30)
  await log.read(from0, some)
  const [first, second, third] = segments()
  await logs.close()
  damage(second!)

  const again = connect()
  const opened = await again.open(broker, KEEP)
  const part = ids((await opened.read(from0, some))[0]!.records)
  t.ok(part.length >= 7 && part.length < 14, `${part.length} records stand before the damage`)
  const at = [{ partition: 0, offset: part.length }]
  const error = await opened.read(at, some).catch((error) => error)
  t.match(error.message, `Cannot read the event log of ${broker}: ${second}: `)
  t.match(error.message, 'move it away')
  await until('the fault is known', () => opened.fault() !== undefined)
  t.match(opened.fault(), /cannot be read on: segment \d+\.db: the /)
  t.equal(opened.refusal()?.type, 'log-unavailable', 'no events are taken meanwhile')
  await t.rejects(opened.read(at, some), /Nothing is skipped/, 'it is asked again')

  renameSync(second!, `${second}.away`)
  clock.advance(1000)
  await until('the fault is gone', () => opened.fault() === undefined)
  t.equal(opened.refusal(), undefined)
  const [read] = await opened.read(at, some)
  const thirdFirst = Number(/(\d+)\.db/.exec(third!)![1])
  t.equal(read!.records[0]!.offset, thirdFirst)
  t.equal(read!.next, 30)
  t.ok(existsSync(first!))
})

t.test('a segment that was moved away is not taken for damage of the one above it', async (t) => {
  const { broker, folder, logs, segments } = startLog(t)
  await fill(await logs.open(broker, KEEP), 10)
  const [first, second] = segments()
  const above = Number(/(\d+)\.db/.exec(second!)![1])
  const faults: unknown[] = []
  const reader = new SegmentReader(broker, folder, (...fault) => faults.push(fault))
  t.teardown(() => reader.close())
  for (const end of ['', '-wal', '-shm']) rmSync(`${first}${end}`, { force: true })

  // Nothing is committed in the one above yet, and nobody has said that the log starts there.
  t.throws(() => reader.read(1, above, 1000), /from offset 1 to \d+ are gone/)

  t.same(faults, [])
})

t.test('a segment found damaged while it is written gets nothing more', async (t) => {
  const { broker, logs, segments, clock } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 3)
  const [first] = segments()
  damage(`${first}-wal`)
  await t.rejects(log.read(from0, some), /Nothing is skipped/)
  await until('the fault is known', () => log.fault() !== undefined)

  await t.rejects(log.append([aRecord('meanwhile')]), /a part of it cannot be read/)
  for (const end of ['', '-wal', '-shm']) rmSync(`${first}${end}`, { force: true })
  clock.advance(1000)
  await until('the fault is gone', () => log.fault() === undefined)
  const [position] = await log.append([aRecord('after')])
  t.ok(
    segments().every((segment) => segment !== first),
    'in a segment of its own',
  )
  t.same(ids((await log.read([position!], some))[0]!.records), ['after'])
  t.same(ids(await readAll(log)), ['after'], 'only what stood in the damaged one is gone')
})

t.test('a damaged segment that is restored is read on', async (t) => {
  const { broker, logs, segments, connect } = startLog(t)
  await fill(await logs.open(broker, KEEP), 30)
  const [first] = segments()
  await logs.close()
  const whole = readFileSync(first!)
  writeFileSync(
    first!,
    'this is no database, and longer than a header of one hundred bytes'.repeat(99),
  )

  const again = connect()
  const log = await again.open(broker, KEEP)
  await t.rejects(log.read(from0, some), /the file is damaged|its file is damaged/)
  await until('the fault is known', () => log.fault() !== undefined)
  writeFileSync(first!, whole)

  t.equal((await readAll(log)).length, 30)
  await until('the fault is gone', () => log.fault() === undefined)
})

t.test('records that are missing in a sealed segment are noticed', async (t) => {
  for (const [name, where] of [
    ['the first', 'first_offset = (SELECT min(first_offset) FROM batches)'],
    ['one within', 'first_offset = (SELECT min(first_offset) + 2 FROM batches)'],
    ['the last', 'first_offset = (SELECT max(first_offset) FROM batches)'],
  ]) {
    const { broker, logs, segments, connect } = startLog(t)
    await fill(await logs.open(broker, KEEP), 30)
    const [, second] = segments()
    await logs.close()
    const db = new DatabaseSync(second!)
    db.exec(`DELETE FROM batches WHERE ${where}`)
    db.close()

    const again = connect()
    const log = await again.open(broker, KEEP)
    await t.rejects(readAll(log), /the records (before|from) offset .* missing/, `${name}`)
  }
})

t.test('a damaged newest segment is closed for ever at the start', async (t) => {
  const { broker, logs, segments, connect } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 12)
  const [read] = await log.read(from0, some)
  const [, newest] = segments()
  await logs.close()
  writeFileSync(newest!, readFileSync(newest!).fill(7, 100))

  const again = connect()
  const opened = await again.open(broker, KEEP)
  const [position] = await opened.append([aRecord('after')])
  t.ok(position!.offset > 12, `at ${position!.offset}`)
  t.equal(await opened.recognises({ partition: 0, offset: 12 }, read!.mark), true, 'the same log')
  t.same(ids((await opened.read([position!], some))[0]!.records), ['after'])
  await t.rejects(readAll(opened), /Nothing is skipped/)
})

t.test('a log whose folder was deleted is another one', async (t) => {
  const { broker, logs, folder, connect } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await log.append([aRecord('1')])
  const [read] = await log.read(from0, some)
  await logs.close()
  rmSync(folder, { recursive: true })

  const again = connect()
  const opened = await again.open(broker, KEEP)
  await opened.append([aRecord('2')])
  t.equal(await opened.recognises({ partition: 0, offset: 1 }, read!.mark), false)
})

t.test('a log whose files are deleted while it is open goes on above', async (t) => {
  const { broker, logs, folder, clock, segments } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 10)
  rmSync(folder, { recursive: true })

  clock.advance(1000)
  await until('it is noticed', async () => (await log.bounds())[0]!.start === 10)

  t.equal((await log.append([aRecord('next')]))[0]!.offset, 10)
  t.equal(segments().length, 1)
  t.same(ids((await log.read(from0, some))[0]!.records), ['next'])
})

t.test('a segment that a crash left unfinished is taken over', async (t) => {
  const { broker, logs, folder, segments, connect } = startLog(t)
  const log = await logs.open(broker, KEEP)
  await fill(log, 3)
  const [read] = await log.read(from0, some)
  await logs.close()
  writeFileSync(join(folder, '0000000000000003.db'), '')

  const opened = await connect().open(broker, KEEP)
  t.equal((await opened.append([aRecord('next')]))[0]!.offset, 3)
  t.equal(segments().length, 2)
  t.same(ids(await readAll(opened)), ['0', '1', '2', 'next'])
  t.equal(await opened.recognises({ partition: 0, offset: 3 }, read!.mark), true)
})
