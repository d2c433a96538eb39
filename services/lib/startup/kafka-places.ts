import type { KafkaClusters } from '#kafka/kafka-clusters.ts'
import { eventsTopic } from '#kafka/topic-names.ts'
import type { Snapshot } from '#triggers/trigger.ts'

/** For the banner: topic and servers of every Ready Broker, by its key. */
export function kafkaPlaces(
  clusters: Pick<KafkaClusters, 'of'>,
  { brokers }: Snapshot,
): ReadonlyMap<string, string> {
  const ready = brokers.filter(({ readiness }) => readiness.ready)
  return new Map(
    ready.map(({ key, kafka }) => {
      const topic = eventsTopic(key, kafka.externalTopic)
      return [key, `topic ${topic} at ${clusters.of(key).servers.join(',')}`]
    }),
  )
}
