import type { Test } from 'tap'
import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { KafkaEventLogs } from '#log/kafka/kafka-event-logs.ts'
import { createLogger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { systemClock } from '#time/system-clock.ts'

export const SETTINGS: KafkaSettings = {
  bootstrapServers: undefined,
  partitions: 3,
  replicationFactor: undefined,
  topicConfig: {},
  externalTopic: undefined,
  security: undefined,
}

export interface KafkaLogsOptions {
  readonly servers: readonly string[]
  /** Brokers that are there, `<namespace>/<name>`, and what they say about Kafka. */
  readonly brokers: Readonly<Record<string, Partial<KafkaSettings>>>
  /** Times of records come from it. */
  readonly clock?: Pick<Clock, 'now'>
  readonly maxEventBytes?: number
}

/** One process's share of a Kafka: clusters and logs, closed with the test. */
export function startKafkaLogs(t: Test, options: KafkaLogsOptions) {
  const { servers, brokers, clock = systemClock, maxEventBytes = 1024 * 1024 } = options
  const clusters = new KafkaClusters({
    servers,
    clientId: 'test',
    lingerMs: 0,
    clock: systemClock,
    connect: connectKafka,
  })
  clusters.apply(
    Object.entries(brokers).map(([key, kafka]) => ({ key, kafka: { ...SETTINGS, ...kafka } })),
  )
  const logger = createLogger({ level: 'silent', name: 'test' })
  const logs = new KafkaEventLogs({
    clusters,
    clientId: 'test',
    maxEventBytes,
    clock: { now: () => clock.now(), after: systemClock.after },
    logger,
  })
  t.teardown(async () => {
    await logs.close()
    await clusters.close()
  })
  return { clusters, logs }
}
