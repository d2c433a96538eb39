import type { Test } from 'tap'
import type { DeadLetters } from '#dead-letters/dead-letters.ts'
import { KafkaDeadLetterReader } from '#dead-letters/kafka/kafka-dead-letter-reader.ts'
import { KafkaDeadLetters } from '#dead-letters/kafka/kafka-dead-letters.ts'
import { MemoryDeadLetters } from '#dead-letters/memory/memory-dead-letters.ts'
import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { createLogger } from '#telemetry/logger.ts'
import { systemClock } from '#time/system-clock.ts'

const SETTINGS: KafkaSettings = {
  bootstrapServers: undefined,
  partitions: 3,
  replicationFactor: undefined,
  topicConfig: {},
  externalTopic: undefined,
  security: undefined,
}

export interface KafkaDeadLettersSetup {
  readonly servers: readonly string[] | undefined
  /** Brokers that are there, `<namespace>/<name>`. */
  readonly brokers: readonly string[]
  /** What they all say about Kafka. */
  readonly settings?: Partial<KafkaSettings>
  readonly maxEventBytes?: number
  readonly projection?: DeadLetters
}

/** One process's share of the dead letters in a Kafka, closed with the test. */
export function startKafkaDeadLetters(t: Test, setup: KafkaDeadLettersSetup) {
  const { servers, maxEventBytes = 1024 * 1024, projection = new MemoryDeadLetters() } = setup
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const clusters = new KafkaClusters({
    servers,
    clientId: 'test',
    lingerMs: 0,
    clock: systemClock,
    connect: connectKafka,
  })
  const apply = (brokers: readonly string[]) =>
    clusters.apply(brokers.map((key) => ({ key, kafka: { ...SETTINGS, ...setup.settings } })))
  apply(setup.brokers)
  const logger = createLogger({ level: 'info', name: 'test', destination })
  const letters = new KafkaDeadLetters({ clusters, projection, logger, maxEventBytes })
  const reader = new KafkaDeadLetterReader({
    clusters,
    projection: new MemoryDeadLetters(),
    logger,
  })
  t.teardown(async () => {
    await letters.close()
    await reader.close()
    await clusters.close()
  })
  return { letters, reader, clusters, apply, lines }
}
