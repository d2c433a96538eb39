import t from 'tap'
import { MemoryEventLogs } from '#log/memory/memory-event-logs.ts'
import { MemoryLog } from '#log/memory/memory-log.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { aRecord, eventLogSuite, KEEP } from '../event-log.suite.ts'

for (const partitions of [1, 3]) {
  eventLogSuite(t, `MemoryEventLogs with ${partitions} partition(s)`, async (t) => {
    const clock = new FakeClock()
    const logs = new MemoryEventLogs({ partitions, clock })
    t.teardown(() => logs.close())
    const reopen = async () => {
      // What is in memory does not survive the object, so only the logs are opened anew.
      await (await logs.open('demo/default', KEEP)).close()
      return logs
    }
    return { logs, clock, reopen }
  })
}

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
