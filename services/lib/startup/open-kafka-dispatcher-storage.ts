import { KafkaCursors } from '#cursors/kafka/kafka-cursors.ts'
import { KafkaDeadLetters } from '#dead-letters/kafka/kafka-dead-letters.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { DispatcherStorage } from './dispatcher-storage.ts'
import type { KafkaOptions } from './kafka-options.ts'
import { openKafkaLogs } from './open-kafka-logs.ts'
import { openProjection } from './open-projection.ts'

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
  const projection = await openProjection(opened)
  const { maxEventBytes } = kafka
  const deadLetters = new KafkaDeadLetters({ clusters, projection, maxEventBytes, logger })
  opened.defer(() => deadLetters.close())
  return { logs, cursors, deadLetters, apply: (brokers) => clusters.apply(brokers) }
}
