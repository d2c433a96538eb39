import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { canonicalValue } from '#events/canonical-value.ts'
import type {
  EventLog,
  EventLogs,
  LogRecord,
  NewRecord,
  PartitionOwner,
  PartitionRead,
  Position,
} from '#log/event-log.ts'
import { Problem } from '#problems/problem.ts'
import { anEvent } from '../../support/an-event.ts'
import type { FakeClock } from '../../support/fake-clock.ts'

/** An adapter under test, and names of Brokers that no other test of its storage uses. */
export interface LogFixture {
  readonly logs: EventLogs
  /**
   * Times of records come from it. Where waiting is real, advancing it ends no wait; where records
   * expire by themselves, it starts at the present.
   */
  readonly clock: FakeClock
  /** The Broker of the test, `<namespace>/<name>`, with an empty log of any number of partitions. */
  readonly broker: string
  /** Another one. */
  readonly other: string
  /** Closes `logs` and opens what is stored again. */
  reopen(): Promise<EventLogs>
  /** Writes what is no CloudEvent into a partition of `broker`; absent where nobody else can write. */
  readonly spoil?: (partition: number, record: ForeignRecord) => Promise<unknown>
}

export interface ForeignRecord {
  readonly value: Uint8Array | undefined
  readonly headers: ReadonlyMap<string, string>
}

const DAY = 24 * 60 * 60 * 1000
const STEP = 10_000
export const KEEP = { ageMs: 7 * DAY, bytes: undefined }
export const never = new AbortController().signal

/** Asks again until it is true; fails the test after twenty seconds. */
export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`Waited twenty seconds in vain: ${what}`)
    await sleep(2)
  }
}

/** A record whose event has this id, and data of this many bytes. */
export function aRecord(id: string, bytes = 10, key?: string): NewRecord {
  const overrides = key === undefined ? { id } : { id, partitionkey: key }
  return { event: anEvent(overrides, Buffer.alloc(bytes, id)), hops: 0 }
}

export function idOf({ event }: NewRecord): string {
  return String(event.attributes.get('id'))
}

/** The attributes as CloudEvents writes them: some storages know no other type than text. */
function asText({ event }: NewRecord): ReadonlyMap<string, string> {
  return new Map([...event.attributes].map(([name, value]) => [name, canonicalValue(value)]))
}

/** All records from the log's start on, partition after partition. */
export async function readAll(log: EventLog, maxBytes = 100_000): Promise<LogRecord[]> {
  const records: LogRecord[] = []
  for (const { partition, start, end } of await log.bounds()) {
    let offset = start
    while (offset < end) {
      const [read] = await log.read([{ partition, offset }], { maxBytes, waitMs: 0, signal: never })
      if (read === undefined || read.next <= offset) throw new Error(`No way on from ${offset}`)
      records.push(...read.records)
      offset = read.next
    }
  }
  return records
}

/**
 * The contract of `EventLog` and `EventLogs`. `start` gives a fresh, empty adapter that takes events
 * of 1 MiB; several tests may share a storage, since each has Brokers of its own.
 */
export function eventLogSuite(
  t: Test,
  name: string,
  start: (t: Test) => LogFixture | Promise<LogFixture>,
): void {
  t.test(name, (t) => {
    const test = declare(t, start)
    appending(test)
    reading(test)
    finding(test)
    owning(test)
    opening(test)
    t.end()
  })
}

/** What an adapter does that lets records expire by itself, by the clock that it is given. */
export function expirySuite(
  t: Test,
  name: string,
  start: (t: Test) => LogFixture | Promise<LogFixture>,
): void {
  t.test(`${name}: expiry`, (t) => {
    expiring(declare(t, start))
    t.end()
  })
}

type Declare = (
  title: string,
  run: (t: Test, fixture: LogFixture, log: EventLog) => unknown,
) => unknown

function declare(t: Test, start: (t: Test) => LogFixture | Promise<LogFixture>): Declare {
  return (title, run) =>
    t.test(title, async (t) => {
      const fixture = await start(t)
      await run(t, fixture, await fixture.logs.open(fixture.broker, KEEP))
    })
}

function appending(test: Declare): void {
  test('append() keeps the event, and what stands beside it, to the bit', async (t, _, log) => {
    const rare = new Map<string, string | number | boolean>([
      ['type', 'ü€😀'],
      ['specversion', '1.0'],
      ['count', -12],
      ['on', true],
      ['constructor', 'x'],
      ['source', '/a?b=%20#c'],
      ['id', 'rare'],
    ])
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
    const [first] = await log.append([aRecord('1')])
    const records: NewRecord[] = [
      { event: { attributes: rare, data: Buffer.from([0, 255, 128]) }, hops: 255 },
      { event: anEvent({ id: 'none' }), hops: 0 },
      { event: { ...anEvent({ id: 'empty' }), data: new Uint8Array(0) }, hops: 1, cause: first! },
      { ...aRecord('trace'), trace: { traceparent, tracestate: 'a=1,b=2' } },
      { ...aRecord('both'), cause: { partition: 0, offset: 2 ** 50 }, trace: { traceparent } },
      aRecord('large', 300_000),
    ]

    await log.append(records)

    const read = new Map((await readAll(log)).map((record) => [idOf(record), record]))
    for (const record of records) {
      const found = read.get(idOf(record))!
      t.strictSame(asText(found), asText(record), 'attributes')
      t.equal(found.event.data === undefined, record.event.data === undefined)
      t.ok(Buffer.from(found.event.data ?? []).equals(record.event.data ?? Buffer.alloc(0)))
      t.equal(found.hops, record.hops)
      t.same(found.cause, record.cause)
      t.same(found.trace, record.trace)
      t.equal('cause' in found, 'cause' in record)
    }
  })

  test('append() resolves with where each record stands', async (t, _, log) => {
    const calls = Array.from({ length: 50 }, (_, call) =>
      Array.from({ length: 1 + (call % 7) }, (_, at) => aRecord(`${call}-${at}`)),
    )

    const positions = await Promise.all(calls.map((records) => log.append(records)))

    const read = new Map(
      (await readAll(log)).map((record) => [`${record.partition}:${record.offset}`, record]),
    )
    for (const [call, records] of calls.entries()) {
      t.equal(positions[call]!.length, records.length)
      for (const [at, record] of records.entries()) {
        const { partition, offset } = positions[call]![at]!
        t.equal(idOf(read.get(`${partition}:${offset}`)!), idOf(record))
      }
    }
    t.same(await log.append([]), [], 'nothing is nowhere')
  })

  test('append() keeps the order of the calls for one partitionkey', async (t, _, log) => {
    const keys = ['a', 'b', 'c', 'd']
    const calls = Array.from({ length: 200 }, (_, at) =>
      log.append([aRecord(`${at}`, 10, keys[at % 4])]),
    )
    await Promise.all(calls)

    const byKey = Map.groupBy(await readAll(log), ({ event }) =>
      event.attributes.get('partitionkey'),
    )
    t.equal(byKey.size, 4)
    for (const records of byKey.values()) {
      t.equal(new Set(records.map(({ partition }) => partition)).size, 1, 'one partition')
      const ids = records.map((record) => Number(idOf(record)))
      t.same(
        ids,
        ids.toSorted((a, b) => a - b),
      )
    }
  })

  test('append() takes a call of many and of large records', async (t, _, log) => {
    const many = Array.from({ length: 5000 }, (_, at) => aRecord(`many-${at}`, 100, 'k'))
    const large = Array.from({ length: 3 }, (_, at) => aRecord(`large-${at}`, 1024 * 1024, 'k'))

    const positions = await log.append([...many, ...large])

    const read = await readAll(log, 1024 * 1024)
    t.same(read.map(idOf), [...many, ...large].map(idOf))
    t.same(
      read.map(({ offset }) => offset),
      positions.map(({ offset }) => offset),
    )
  })

  test('append() rejects a hop count that cannot be kept', async (t, _, log) => {
    await t.rejects(log.append([{ ...aRecord('1'), hops: 256 }]), RangeError)
    t.same(await readAll(log), [])
  })
}

function reading(test: Declare): void {
  test('read() stops after the record that passes maxBytes', async (t, _, log) => {
    const [at] = await log.append(Array.from({ length: 20 }, (_, i) => aRecord(`${i}`, 1000, 'k')))
    const from = [at!]
    const take = async (maxBytes: number) =>
      (await log.read(from, { maxBytes, waitMs: 0, signal: never }))[0]!

    t.equal((await take(1)).records.length, 1)
    const few = await take(3000)
    t.ok(few.records.length >= 2 && few.records.length <= 3, `${few.records.length} records`)
    t.equal(few.next, few.records.at(-1)!.offset + 1)
    t.equal((await take(1_000_000)).records.length, 20)
  })

  test('read() goes on where it stopped, however little it takes', async (t, _, log) => {
    for (let call = 0; call < 5; call++) {
      await log.append(Array.from({ length: 30 }, (_, i) => aRecord(`${call}-${i}`, 50, 'k')))
    }

    const whole = (await readAll(log, 1_000_000)).map(idOf)

    t.equal(whole.length, 150)
    t.same((await readAll(log, 1)).map(idOf), whole)
    t.same((await readAll(log, 777)).map(idOf), whole)
  })

  test('read() waits for an append, in any number of readers', async (t, _, log) => {
    const from = (await log.bounds()).map(({ partition, end }) => ({ partition, offset: end }))
    const options = { maxBytes: 1000, waitMs: 60_000, signal: never }
    const waiting = [log.read(from, options), log.read(from, options), log.read(from, options)]

    await log.append([aRecord('late')])

    for (const reads of await Promise.all(waiting)) {
      t.equal(reads.length, from.length, 'one entry per position')
      t.same(reads.flatMap(({ records }) => records).map(idOf), ['late'])
      for (const [at, read] of reads.entries()) {
        t.equal(read.next, from[at]!.offset + read.records.length)
      }
    }
  })

  test('read() never misses an append while it begins to wait', async (t, _, log) => {
    let from: Position[] = (await log.bounds()).map(({ partition, end }) => ({
      partition,
      offset: end,
    }))
    const appended: Promise<unknown>[] = []
    const seen: string[] = []
    const options = { maxBytes: 1000, waitMs: 60_000, signal: never }
    for (let at = 0; at < 200; at++) {
      if (at % 3 === 0) await new Promise(setImmediate)
      appended.push(log.append([aRecord(`${at}`)]))
      while (seen.length < at) from = take(await log.read(from, options), seen)
    }
    await Promise.all(appended)
    while (seen.length < 200) from = take(await log.read(from, options), seen)
    t.equal(new Set(seen).size, 200)
  })

  test('read() comes back empty after waitMs', async (t, { clock }, log) => {
    const [record] = await log.append([aRecord('1')])
    const from = [{ ...record!, offset: record!.offset + 1 }]

    const atOnce = await log.read(from, { maxBytes: 10, waitMs: 0, signal: never })
    const waiting = log.read(from, { maxBytes: 10, waitMs: 500, signal: never })
    await new Promise(setImmediate)
    clock.advance(500)

    for (const [read] of [atOnce, await waiting]) {
      t.same(read!.records, [])
      t.equal(read!.next, from[0]!.offset)
    }
  })

  test('read() beyond the end says at once where the end is', async (t, _, log) => {
    const [at] = await log.append([aRecord('1')])
    const end = at!.offset + 1

    const from = [{ ...at!, offset: end + 5 }]
    const [read] = await log.read(from, { maxBytes: 10, waitMs: 60_000, signal: never })

    t.same(read!.records, [])
    t.equal(read!.next, end)
  })

  test('read() reads several partitions at once, each from its own offset', async (t, _, log) => {
    await log.append(Array.from({ length: 60 }, (_, at) => aRecord(`${at}`)))
    const all = await readAll(log)
    const from = (await log.bounds()).map(({ partition, end }) => ({
      partition,
      offset: Math.max(0, end - 2),
    }))
    const seen: string[] = []

    let at: readonly Position[] = from
    for (let reads = 0; reads < 100 && seen.length < 2 * from.length; reads++) {
      at = take(await log.read(at, { maxBytes: 1, waitMs: 50, signal: never }), seen)
    }

    const wanted = all.filter(({ partition, offset }) =>
      from.some((start) => start.partition === partition && offset >= start.offset),
    )
    t.same(seen.sort(), wanted.map(idOf).sort())
  })

  test('read() names what is no CloudEvent, and goes on behind it', async (t, fixture, log) => {
    if (fixture.spoil === undefined) {
      t.pass('nobody else can write into this log')
      return
    }
    const [before] = await log.append([aRecord('before', 10, 'k')])
    const foreign = {
      value: Buffer.from([0, 255, 10]),
      headers: new Map([['origin', 'an older app']]),
    }
    await fixture.spoil(before!.partition, foreign)
    const [after] = await log.append([aRecord('after', 10, 'k')])
    const seen: PartitionRead[] = []

    for (let offset = before!.offset; offset <= after!.offset; offset = seen.at(-1)!.next) {
      const from = [{ ...before!, offset }]
      seen.push(...(await log.read(from, { maxBytes: 10_000, waitMs: 500, signal: never })))
    }

    t.same(seen.flatMap(({ records }) => records).map(idOf), ['before', 'after'])
    const unreadable = seen.flatMap((read) => read.unreadable ?? [])
    t.equal(unreadable.length, 1)
    t.equal(unreadable[0]!.offset, before!.offset + 1)
    t.ok(unreadable[0]!.reason.length > 0)
    t.same([...unreadable[0]!.value!], [...foreign.value])
    t.same([...unreadable[0]!.headers], [...foreign.headers])
    t.equal(seen.at(-1)!.next, after!.offset + 1)
  })

  test('read() rejects with the reason of its signal', async (t, _, log) => {
    const from = (await log.bounds()).map(({ partition, end }) => ({ partition, offset: end }))
    const stop = new AbortController()
    const options = { maxBytes: 10, waitMs: 60_000, signal: stop.signal }
    const waiting = log.read(from, options)
    const reason = new Error('stopping')

    stop.abort(reason)

    t.equal(await waiting.catch((error) => error), reason)
    t.equal(await log.read(from, options).catch((error) => error), reason, 'aborted before')
  })
}

function take(reads: readonly PartitionRead[], seen: string[]): Position[] {
  for (const { records } of reads) seen.push(...records.map(idOf))
  return reads.map(({ partition, next }) => ({ partition, offset: next }))
}

function finding(test: Declare): void {
  test('bounds() are the first and the next offset', async (t, _, log) => {
    const empty = await log.bounds()
    for (const { start, end } of empty) t.equal(start, end)
    t.same(
      empty.map(({ partition }) => partition),
      [...empty.keys()],
    )

    const positions = await log.append(Array.from({ length: 20 }, (_, at) => aRecord(`${at}`)))

    for (const { partition, end } of await log.bounds()) {
      const offsets = positions.filter((at) => at.partition === partition).map((at) => at.offset)
      if (offsets.length > 0) t.equal(end, Math.max(...offsets) + 1)
    }
  })

  test('offsetsAt() finds the first record at or after a time', async (t, { clock }, log) => {
    const from = clock.now()
    for (let step = 0; step < 5; step++) {
      await log.append([aRecord(`${step}-a`, 10, 'k'), aRecord(`${step}-b`, 10, 'k')])
      clock.advance(STEP)
    }
    const records = await readAll(log)
    const { partition } = records[0]!
    const at = async (ms: number) =>
      (await log.offsetsAt(from + ms)).find((found) => found.partition === partition)!.offset

    t.equal(await at(-1), records[0]!.offset)
    t.equal(await at(0), records[0]!.offset)
    t.equal(await at(1), records[2]!.offset)
    t.equal(await at(4 * STEP), records[8]!.offset)
    t.equal(await at(4 * STEP + 1), records[9]!.offset + 1, 'the end')
    t.equal(records[2]!.time, from + STEP)
  })

  test('recognises() its own marks and no others', async (t, fixture, log) => {
    const [position] = await log.append([aRecord('1')])
    const options = { maxBytes: 10, waitMs: 0, signal: never }
    const [read] = await log.read([position!], options)
    const at = { partition: position!.partition, offset: read!.next }
    const other = await fixture.logs.open(fixture.other, KEEP)
    fixture.clock.advance(STEP)
    await other.append([aRecord('1')])

    t.equal(await log.recognises(at, read!.mark), true)
    t.equal(await log.recognises({ ...at, offset: at.offset + 1 }, read!.mark), false, 'beyond')
    t.equal(await log.recognises(at, ''), false)
    t.equal(await other.recognises(at, read!.mark), false)
    const again = await (await fixture.reopen()).open(fixture.broker, KEEP)
    t.equal(await again.recognises(at, read!.mark), true, 'after a restart')
  })

  test('markAt() is recognised at its position', async (t, { logs, other, clock }, log) => {
    for (const { partition, end } of await log.bounds()) {
      const at = { partition, offset: end }
      t.equal(await log.recognises(at, await log.markAt(at)), true, 'of an empty partition')
    }
    const positions: Position[] = []
    for (let step = 0; step < 3; step++) {
      positions.push(...(await log.append([aRecord(`${step}`, 10, 'k')])))
      clock.advance(STEP)
    }
    const [first, , last] = positions
    const strange = await logs.open(other, KEEP)
    await strange.append([aRecord('0', 10, 'k'), aRecord('1', 10, 'k'), aRecord('2', 10, 'k')])

    for (let offset = first!.offset; offset <= last!.offset + 1; offset++) {
      const at = { ...first!, offset }
      t.equal(await log.recognises(at, await log.markAt(at)), true, `at ${offset}`)
    }
    const end = { ...last!, offset: last!.offset + 1 }
    t.equal(await strange.recognises(end, await log.markAt(end)), false)
  })
}

function expiring(test: Declare): void {
  test('what is older than the retention expires', async (t, { clock, logs, broker }, log) => {
    await logs.open(broker, { ageMs: 60_000, bytes: undefined })
    await log.append([aRecord('old', 10, 'k')])
    const [before] = await readAll(log)
    const { partition } = before!
    clock.advance(61_000)
    await log.append([aRecord('new', 10, 'k')])
    clock.advance(1000)

    const startOf = async () => (await log.bounds())[partition]!.start
    await until('the old record expires', async () => (await startOf()) > before!.offset)

    const [read] = await log.read([before!], { maxBytes: 1000, waitMs: 0, signal: never })
    t.same(read!.records.map(idOf), ['new'])
    t.equal(read!.start, await startOf())
    t.ok(read!.start > before!.offset)
    t.same((await readAll(log)).map(idOf), ['new'])

    await logs.open(broker, { ageMs: 1000, bytes: undefined })
    clock.advance(2000)
    await until('a shorter retention counts', async () => (await readAll(log)).length === 0)
  })

  test('a full log refuses until something is released', async (t, { clock, logs, other }) => {
    const log = await logs.open(other, { ageMs: 7 * DAY, bytes: 512 * 1024 })
    const positions: Position[] = []
    let refused: unknown
    for (let at = 0; at < 200 && refused === undefined; at++) {
      try {
        positions.push(...(await log.append([aRecord(`${at}`, 16 * 1024, 'k')])))
      } catch (error) {
        refused = error
      }
    }

    t.ok(refused instanceof Problem && refused.type === 'over-capacity', String(refused))
    t.ok(positions.length > 10, `${positions.length} found room`)
    t.equal(log.refusal()?.type, 'over-capacity')
    t.ok((log.refusal()?.retryAfterSeconds ?? 0) > 0)
    t.equal(log.fault(), undefined, 'the storage is sound')
    t.equal((await readAll(log)).length, positions.length, 'nothing was taken')

    const { partition, offset } = positions.at(-1)!
    log.release({ partition, offset: offset + 1 })
    await until('there is room again', () => log.refusal() === undefined)
    await log.append([aRecord('after', 16 * 1024, 'k')])
    clock.advance(1000)
    t.ok((await log.bounds())[partition]!.start > positions[0]!.offset)
  })
}

function owning(test: Declare): void {
  test('join() divides the partitions, and none has two owners', async (t, _, log) => {
    const all = (await log.bounds()).map(({ partition }) => partition)
    const owned = new Map<number, number>()
    const twice: number[] = []
    const first = anOwner(1, owned, twice)
    const second = anOwner(2, owned, twice)
    const has = (owner: number) => all.filter((partition) => owned.get(partition) === owner)

    const one = await log.join(first)
    await until('the only one has all', () => has(1).length === all.length)
    t.equal(one.mayDeliver(), true)
    const two = await log.join(second)
    await until('together they have all', () => has(1).length + has(2).length === all.length)
    await one.leave()
    t.same(has(1), [])
    await one.leave()
    await until('they pass on', () => has(2).length === all.length)
    t.equal(two.mayDeliver(), true)
    await two.leave()
    t.equal(owned.size, 0)
    t.same(twice, [], 'none was assigned before it was given back')
  })

  test('join() of an owner that takes nothing fails, and leaves all to others', async (t, _, log) => {
    const all = await log.bounds()
    const broken: PartitionOwner = {
      assigned: () => Promise.reject(new Error('not now')),
      revoked: async () => {},
    }
    const owned = new Map<number, number>()

    await t.rejects(log.join(broken), /not now/)
    const { leave } = await log.join(anOwner(1, owned, []))

    await until('the other one has all', () => owned.size === all.length)
    await leave()
  })
}

function anOwner(id: number, owned: Map<number, number>, twice: number[]): PartitionOwner {
  return {
    async assigned(partitions) {
      for (const partition of partitions) {
        if (owned.has(partition)) twice.push(partition)
        owned.set(partition, id)
      }
    },
    async revoked(partitions) {
      for (const partition of partitions) owned.delete(partition)
    },
  }
}

function opening(test: Declare): void {
  test('open() gives one log per name', async (t, fixture, log) => {
    const { logs } = fixture
    const other = await logs.open(fixture.other, KEEP)
    await log.append([aRecord('1')])
    await other.append([aRecord('2')])

    t.equal(await logs.open(fixture.broker, KEEP), log)
    t.same((await readAll(log)).map(idOf), ['1'])
    t.same((await readAll(other)).map(idOf), ['2'])
    for (const name of ['default', '../up', 'a/../b', 'a/b/c', 'a/..', '']) {
      await t.rejects(logs.open(name, KEEP), TypeError, name)
    }
  })

  test('a log that was closed has all its records when it is opened again', async (t, fixture, log) => {
    await log.append(Array.from({ length: 100 }, (_, at) => aRecord(`${at}`)))
    const before = await readAll(log)

    await log.close()
    const again = await fixture.logs.open(fixture.broker, KEEP)
    t.same((await readAll(again)).map(idOf), before.map(idOf))
    const restarted = await (await fixture.reopen()).open(fixture.broker, KEEP)
    t.same((await readAll(restarted)).map(idOf), before.map(idOf))
    const positions = await restarted.append([aRecord('next')])
    t.notOk(
      before.some((at) => samePlace(at, positions[0]!)),
      'at a new offset',
    )
  })

  test('close() finishes appends, ends reads and refuses what comes after', async (t, _, log) => {
    const from = (await log.bounds()).map(({ partition, end }) => ({ partition, offset: end }))
    const waiting = log.read(from, { maxBytes: 10, waitMs: 60_000, signal: never })
    const appended = log.append([aRecord('1')])

    await log.close()

    t.equal((await appended).length, 1)
    t.equal((await waiting).length, from.length)
    t.equal(log.refusal()?.type, 'log-unavailable')
    await t.rejects(log.append([aRecord('2')]), Problem)
    await t.rejects(log.read(from, { maxBytes: 10, waitMs: 0, signal: never }), /closed/)
    await log.close()
  })
}

function samePlace(one: Position, other: Position): boolean {
  return one.partition === other.partition && one.offset === other.offset
}
