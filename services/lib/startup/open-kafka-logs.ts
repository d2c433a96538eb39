import { KafkaClusters } from '#kafka/kafka-clusters.ts'
import { connectKafka } from '#kafka/kafkajs/connect-kafka.ts'
import { KafkaEventLogs } from '#log/kafka/kafka-event-logs.ts'
import type { Logger } from '#telemetry/logger.ts'
import { atMost } from '#time/at-most.ts'
import { systemClock } from '#time/system-clock.ts'
import type { KafkaOptions } from './kafka-options.ts'

const CLOSE_MS = 3000

/** The logs of all Brokers in Kafka, and the clusters that they are in. */
export interface KafkaLogs {
  /** Must be told about a snapshot's Brokers before anybody opens a log. */
  readonly clusters: KafkaClusters
  readonly logs: KafkaEventLogs
}

/** Connects when a log is opened; what cannot be reached is a failure of that. */
export function openKafkaLogs(
  { servers, lingerMs, maxEventBytes }: KafkaOptions,
  { clientId, logger }: { readonly clientId: string; readonly logger: Logger },
  opened: AsyncDisposableStack,
): KafkaLogs {
  const clock = systemClock
  const clusters = new KafkaClusters({ servers, clientId, lingerMs, clock, connect: connectKafka })
  opened.defer(() => clusters.close())
  const logs = new KafkaEventLogs({ clusters, clientId, maxEventBytes, clock, logger })
  // What is being opened is waited for: a Kafka that is away must not hold up the end.
  opened.defer(() => atMost(CLOSE_MS, logs.close(), clock))
  return { clusters, logs }
}
