import { KafkaDeadLetterReader } from '#dead-letters/kafka/kafka-dead-letter-reader.ts'
import { kafkaOptions } from '#startup/kafka-options.ts'
import { kafkaPlaces } from '#startup/kafka-places.ts'
import { openKafkaLogs } from '#startup/open-kafka-logs.ts'
import { openProjection } from '#startup/open-projection.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { StandaloneConfig } from './config.ts'
import type { Storage } from './storage.ts'

/** Everything in Kafka, shared with whatever other processes there are. */
export async function openKafkaStorage(
  config: StandaloneConfig,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<Storage> {
  const kafka = kafkaOptions(config)
  const { clusters, logs } = openKafkaLogs(kafka, { clientId: 'sluice-gateway', logger }, opened)
  const projection = await openProjection(opened)
  const deadLetters = new KafkaDeadLetterReader({ clusters, projection, logger })
  opened.defer(() => deadLetters.close())
  return {
    kind: 'shared',
    logs,
    deadLetters,
    forDispatcher: { profile: 'kafka', kafka },
    apply: (brokers) => clusters.apply(brokers),
    keptIn: 'Kafka',
    places: (snapshot) => kafkaPlaces(clusters, snapshot),
  }
}
