import t, { type Test } from 'tap'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import { FakeClock } from '../../../support/fake-clock.ts'
import { eventLogSuite, expirySuite } from '../event-log.suite.ts'

const dataDir = t.testdir()
const writer = startLogWriter({ dataDir, segmentBytes: 64 * 1024, minFreeBytes: 0 })
let tests = 0

const start = async (t: Test) => {
  const clock = new FakeClock()
  // One writer for all tests, because starting it costs the most; so each has its own Brokers.
  const number = tests++
  const connect = () => new SqliteEventLogs({ dataDir, port: writer.connect(), clock })
  let logs = connect()
  t.teardown(() => logs.close())
  const reopen = async () => {
    // The writer lets go of a log that has no client left, and reads it anew for the next one.
    await logs.close()
    logs = connect()
    return logs
  }
  return { logs, clock, broker: `demo/broker-${number}`, other: `other/broker-${number}`, reopen }
}

eventLogSuite(t, 'SqliteEventLogs', start)
expirySuite(t, 'SqliteEventLogs', start)

t.teardown(() => writer.close())
