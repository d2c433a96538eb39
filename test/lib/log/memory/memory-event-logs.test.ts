import t, { type Test } from 'tap'
import { MemoryEventLogs } from '#log/memory/memory-event-logs.ts'
import { MemoryLog } from '#log/memory/memory-log.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import {
  aRecord,
  eventLogSuite,
  expirySuite,
  type ForeignRecord,
  KEEP,
  never,
} from '../event-log.suite.ts'

const broker = 'demo/default'

for (const partitions of [1, 3]) {
  const name = `MemoryEventLogs with ${partitions} partition(s)`
  const start = async (t: Test) => {
    const clock = new FakeClock()
    const logs = new MemoryEventLogs({ partitions, clock })
    t.teardown(() => logs.close())
    const reopen = async () => {
      // What is in memory does not survive the object, so only the logs are opened anew.
      await (await logs.open(broker, KEEP)).close()
      return logs
    }
    const spoil = async (partition: number, record: ForeignRecord) =>
      logs.kept(broker).appendUnreadable(partition, { ...record, reason: 'It has no id' })
    return { logs, clock, broker, other: 'demo/other', reopen, spoil }
  }
  eventLogSuite(t, name, start)
  expirySuite(t, name, start)
}

t.test('a log that was recreated is another one, with other marks', async (t) => {
  const logs = new MemoryEventLogs({ partitions: 2, clock: new FakeClock() })
  const log = await logs.open(broker, KEEP)
  await log.append(Array.from({ length: 20 }, (_, at) => aRecord(`${at}`)))
  const at = { partition: 1, offset: (await log.bounds())[1]?.end ?? 0 }
  const mark = await log.markAt(at)
  t.equal(await log.recognises(at, mark), true)

  logs.kept(broker).recreate()

  const [read] = await log.read([at], { maxBytes: 1, waitMs: 1000, signal: never })
  t.equal(read?.next, 0)
  t.equal(await log.recognises(at, mark), false)
  t.equal(await log.recognises({ ...at, offset: 0 }, mark), false)
})

t.test('a log that grows keeps what it has', async (t) => {
  const logs = new MemoryEventLogs({ partitions: 2, clock: new FakeClock() })
  const log = await logs.open(broker, KEEP)
  await log.append(Array.from({ length: 20 }, (_, at) => aRecord(`${at}`)))
  const before = await log.bounds()

  logs.kept(broker).grow(4)

  const empty = { start: 0, end: 0 }
  t.same(await log.bounds(), [...before, { partition: 2, ...empty }, { partition: 3, ...empty }])
})

t.test('MemoryLog spreads events without a key', async (t) => {
  const log = new MemoryLog({
    broker: 'a/b',
    partitions: 3,
    retention: KEEP,
    clock: new FakeClock(),
  })
  log.append(Array.from({ length: 100 }, (_, at) => aRecord(`${at}`)))
  for (const { end } of log.partitions) t.ok(end > 10, `${end} events`)
})
