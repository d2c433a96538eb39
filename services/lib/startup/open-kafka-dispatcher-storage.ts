import { KafkaCursors } from '#cursors/kafka/kafka-cursors.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { DispatcherStorage } from './dispatcher-storage.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { openKafkaDeadLetters } from './open-kafka-dead-letters.ts'
import { openKafkaLogs } from './open-kafka-logs.ts'

/** Log, cursors and dead letters in Kafka, over connections that belong to this dispatcher alone. */
export async function openKafkaDispatcherStorage(
  kafka: KafkaOptions,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<DispatcherStorage> {
  const clientId = 'sluice-dispatcher'
  const { clusters, logs } = openKafkaLogs(kafka, { clientId, logger }, opened)
  const cursors = new KafkaCursors({ clusters, logger })
  opened.defer(() => cursors.close())
  const deadLetters = await openKafkaDeadLetters({ clusters, logger }, opened)
  return { logs, cursors, deadLetters, apply: (brokers) => clusters.apply(brokers) }
}
