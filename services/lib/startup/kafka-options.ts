import { parseServers } from '#config/parse-servers.ts'

/** What a process knows about Kafka from its environment. Plain data: it crosses threads. */
export interface KafkaOptions {
  /** `KAFKA_BROKERS` */
  readonly servers: readonly string[] | undefined
  readonly lingerMs: number
  readonly maxEventBytes: number
}

export function kafkaOptions(config: {
  readonly KAFKA_BROKERS?: string
  readonly KAFKA_LINGER_MS: number
  readonly MAX_EVENT_BYTES: number
}): KafkaOptions {
  return {
    servers: parseServers(config.KAFKA_BROKERS),
    lingerMs: config.KAFKA_LINGER_MS,
    maxEventBytes: config.MAX_EVENT_BYTES,
  }
}
