import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { type LogWriterOptions, startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs, type SqliteEventLogsOptions } from '#log/sqlite/sqlite-event-logs.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

type Options = Omit<LogWriterOptions, 'dataDir'> &
  Partial<Omit<SqliteEventLogsOptions, 'port' | 'clock'>>

/** A writer of small segments, and a client of it. Both end with the test, or by `stop`. */
export function startSqlite(t: Test, options: Options = {}) {
  const dataDir = options.dataDir ?? t.testdir()
  const clock = new FakeClock()
  const writer = startLogWriter({ segmentBytes: 64 * 1024, minFreeBytes: 0, ...options, dataDir })
  const connect = () => new SqliteEventLogs({ ...options, dataDir, port: writer.connect(), clock })
  const logs = connect()
  const stop = async () => {
    await logs.close()
    await writer.close()
  }
  t.teardown(stop)
  const folder = join(dataDir, 'log', 'demo', 'default')
  /** A folder's segments, without what SQLite keeps beside them. */
  const segments = (of = folder) =>
    readdirSync(of)
      .filter((name) => name.endsWith('.db'))
      .sort()
      .map((name) => join(of, name))
  return { dataDir, clock, writer, connect, logs, stop, folder, segments }
}
