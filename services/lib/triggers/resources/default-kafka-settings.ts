import type { KafkaSettings } from '#kafka/kafka-settings.ts'

/** A Broker's, where no ConfigMap says anything else. The partitions are Knative's. */
export const DEFAULT_KAFKA_SETTINGS: KafkaSettings = {
  bootstrapServers: undefined,
  partitions: 10,
  replicationFactor: undefined,
  topicConfig: {},
  externalTopic: undefined,
  security: undefined,
}
