import t from 'tap'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { eventLogSuite } from '../event-log.suite.ts'

const dataDir = t.testdir()
const writer = startLogWriter({ dataDir, segmentBytes: 64 * 1024, minFreeBytes: 0 })
let tests = 0

eventLogSuite(t, 'SqliteEventLogs', async (t) => {
  const clock = new FakeClock()
  // One writer for all tests, because starting it costs the most; so each has its own namespaces.
  const prefix = `test${tests++}-`
  const connect = () => {
    const logs = new SqliteEventLogs({ dataDir, port: writer.connect(), clock })
    return {
      open: (broker: string, kept: Parameters<typeof logs.open>[1]) =>
        logs.open(/^(demo|other)\//.test(broker) ? prefix + broker : broker, kept),
      close: () => logs.close(),
    }
  }
  let logs = connect()
  t.teardown(() => logs.close())
  const reopen = async () => {
    // The writer lets go of a log that has no client left, and reads it anew for the next one.
    await logs.close()
    logs = connect()
    return logs
  }
  return { logs, clock, reopen }
})

t.teardown(() => writer.close())
