import type { KafkaSettings } from '#kafka/kafka-settings.ts'
import { DEFAULT_KAFKA_SETTINGS } from './default-kafka-settings.ts'
import { parseBootstrapServers } from './parse-bootstrap-servers.ts'
import { countAt, type Fault, inside, type Place, parsedAt, textAt } from './place.ts'

/** What a ConfigMap says about a Broker's Kafka. */
export interface KafkaConfig {
  readonly settings: Omit<KafkaSettings, 'externalTopic' | 'security'>
  /** `auth.secret.ref.name`, a string of at least one character. */
  readonly secretName: (Place & { readonly value: string }) | undefined
}

const CONFIG_PREFIX = 'default.topic.config.'
/** Kafka creates no more at once. */
const MAX_PARTITIONS = 10_000
/** Kafka's own type for it has no larger one. */
const MAX_REPLICAS = 32_767

/**
 * Reads the `data` of a ConfigMap in the format of Knative's `kafka-broker-config`. Keys that
 * Knative does not know are not looked at; a topic's settings are left to Kafka to judge.
 */
export function readKafkaConfig(data: ReadonlyMap<string, string>, faults: Fault[]): KafkaConfig {
  const root: Place = { value: undefined, path: ['data'], faults }
  const at = (name: string) => (data.has(name) ? inside(root, name, data.get(name)) : undefined)
  const secret = at('auth.secret.ref.name')
  const secretName = textAt(secret)
  const topicConfig = [...data]
    .filter(([name]) => name.startsWith(CONFIG_PREFIX))
    .map(([name, value]) => [name.slice(CONFIG_PREFIX.length), value] as const)
  return {
    settings: {
      bootstrapServers: parsedAt(at('bootstrap.servers'), parseBootstrapServers),
      partitions:
        countAt(at('default.topic.partitions'), MAX_PARTITIONS) ??
        DEFAULT_KAFKA_SETTINGS.partitions,
      replicationFactor: countAt(at('default.topic.replication.factor'), MAX_REPLICAS),
      topicConfig: Object.fromEntries(topicConfig),
    },
    secretName:
      secret === undefined || secretName === undefined
        ? undefined
        : { ...secret, value: secretName },
  }
}
