/** How to get into a Kafka cluster: Knative's Secret format, read. Never logged. */
export interface KafkaSecurity {
  readonly protocol: 'PLAINTEXT' | 'SASL_PLAINTEXT' | 'SSL' | 'SASL_SSL'
  readonly sasl?: {
    readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'
    readonly user: string
    readonly password: string
  }
  /** PEM. Without it, the system's authorities are trusted. */
  readonly ca?: string
  /** The client's certificate and key, PEM: both or neither. */
  readonly certificate?: string
  readonly key?: string
}

/** What a Broker's ConfigMap, its Secret and its annotations say about Kafka. Plain data: it crosses threads. */
export interface KafkaSettings {
  /** `bootstrap.servers`; `undefined` leaves it to `KAFKA_BROKERS`. */
  readonly bootstrapServers: readonly string[] | undefined
  /** `default.topic.partitions` */
  readonly partitions: number
  /** `default.topic.replication.factor`; `undefined`: three, or as many as there are brokers. */
  readonly replicationFactor: number | undefined
  /** `default.topic.config.*`, without that prefix. */
  readonly topicConfig: Readonly<Record<string, string>>
  /** `kafka.eventing.knative.dev/external.topic`: a topic that is there, and is never created or changed. */
  readonly externalTopic: string | undefined
  /** From the Secret that `auth.secret.ref.name` names; `undefined`: PLAINTEXT. */
  readonly security: KafkaSecurity | undefined
}
