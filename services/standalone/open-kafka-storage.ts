import { kafkaOptions } from '#startup/kafka-options.ts'
import { kafkaPlaces } from '#startup/kafka-places.ts'
import { openKafkaDeadLetters } from '#startup/open-kafka-dead-letters.ts'
import { openKafkaLogs } from '#startup/open-kafka-logs.ts'
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
  return {
    kind: 'shared',
    logs,
    deadLetters: await openKafkaDeadLetters({ clusters, logger }, opened),
    forDispatcher: { profile: 'kafka', kafka },
    apply: (brokers) => clusters.apply(brokers),
    keptIn: 'Kafka',
    places: (snapshot) => kafkaPlaces(clusters, snapshot),
  }
}
