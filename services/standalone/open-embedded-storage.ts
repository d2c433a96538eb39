import { join } from 'node:path'
import { SqliteDeadLetterReader } from '#dead-letters/sqlite/sqlite-dead-letter-reader.ts'
import { lockDataDir } from '#log/sqlite/data-lock.ts'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { StandaloneConfig } from './config.ts'
import type { Storage } from './storage.ts'

/**
 * Everything in SQLite files of this process, with a thread that writes the log.
 * @throws Error when the folder is in use, or cannot be
 */
export function openEmbeddedStorage(
  { DATA_DIR: dataDir }: Pick<StandaloneConfig, 'DATA_DIR'>,
  logger: Logger,
  opened: AsyncDisposableStack,
): Storage {
  const lock = lockDataDir(dataDir)
  opened.defer(() => lock.release())
  const writer = startLogWriter({ dataDir })
  opened.defer(() => writer.close())
  const onFault = (broker: string, fault: string | undefined) => {
    if (fault === undefined) logger.info({ broker }, 'The event log can be used again')
    else logger.error({ broker, fault }, 'The event log has a fault')
  }
  const logs = new SqliteEventLogs({ dataDir, port: writer.connect(), onFault })
  opened.defer(() => logs.close())
  const deadLetters = new SqliteDeadLetterReader(join(dataDir, 'dead-letters.db'))
  opened.defer(() => deadLetters.close())
  return {
    kind: 'own',
    logs,
    deadLetters,
    forDispatcher: { profile: 'embedded', dataDir, log: writer.connect() },
    apply: () => undefined,
    keptIn: dataDir,
    places: () => new Map(),
  }
}
