/** The topic of a Broker's events, as Knative's Kafka Broker names it. `broker` is `<namespace>/<name>`. */
export function eventsTopic(broker: string, externalTopic: string | undefined): string {
  return externalTopic ?? `knative-broker-${broker.replace('/', '-')}`
}

/** The topic of a Broker's dead letters. */
export function deadLettersTopic(broker: string): string {
  return `sluice-dead-letters-${broker.replace('/', '-')}`
}

/** The consumer group that divides a Broker's partitions among dispatchers. */
export function dispatcherGroup(broker: string): string {
  return `sluice-${broker.replace('/', '-')}`
}

/** The consumer group of a Trigger (`<namespace>/<name>`) in Knative's dispatcher. */
export function triggerGroup(trigger: string): string {
  return `knative-trigger-${trigger.replace('/', '-')}`
}
