import type { Test } from 'tap'
import { KafkaCursors } from '#cursors/kafka/kafka-cursors.ts'
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

export interface KafkaCursorsOptions {
  readonly servers: readonly string[]
  /** Brokers that are there, `<namespace>/<name>`, and what they say about Kafka. */
  readonly brokers: Readonly<Record<string, Partial<KafkaSettings>>>
}

/** What was logged, without what pino adds. */
export type LogLine = Readonly<Record<string, unknown>>

/** One process's cursors, with connections of its own, closed with the test. */
export function startKafkaCursors(t: Test, { servers, brokers }: KafkaCursorsOptions) {
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
  const lines: LogLine[] = []
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) }
  const logger = createLogger({ level: 'info', name: 'test', destination })
  const cursors = new KafkaCursors({ clusters, logger })
  t.teardown(async () => {
    await cursors.close()
    await clusters.close()
  })
  return { cursors, clusters, lines }
}
