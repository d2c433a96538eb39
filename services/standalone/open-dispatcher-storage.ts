import { join } from 'node:path'
import { SqliteCursors } from '#cursors/sqlite/sqlite-cursors.ts'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import type { DispatcherStorage } from '#startup/dispatcher-storage.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { DispatcherStorageData } from './storage.ts'

/**
 * Opens the dispatcher thread's share of the storage.
 * @throws Error that says which file cannot be opened, and what to do
 */
export async function openDispatcherStorage(
  data: DispatcherStorageData,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<DispatcherStorage> {
  if (data.profile === 'kafka') {
    // Loaded only where it is used: kafkajs takes its time.
    const kafka = await import('#startup/open-kafka-dispatcher-storage.ts')
    return await kafka.openKafkaDispatcherStorage(data.kafka, logger, opened)
  }
  const { dataDir, log } = data
  const logs = new SqliteEventLogs({ dataDir, port: log })
  const cursors = new SqliteCursors(join(dataDir, 'cursors.db'))
  const deadLetters = new SqliteDeadLetters(join(dataDir, 'dead-letters.db'))
  opened.defer(() => deadLetters.close())
  opened.defer(() => cursors.close())
  opened.defer(() => logs.close())
  return { logs, cursors, deadLetters, apply: () => undefined }
}
