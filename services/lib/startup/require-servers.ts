import type { Logger } from '#telemetry/logger.ts'
import type { Broker, Readiness, Snapshot, Trigger } from '#triggers/trigger.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'

/**
 * The same Brokers and Triggers, where those are not Ready of which nothing says on which Kafka
 * they are: to be used where `KAFKA_BROKERS` is not set. Each one is logged when it turns up.
 */
export function requireServers(
  triggers: TriggerSource,
  logger: Pick<Logger, 'error'>,
): TriggerSource {
  const told = new Set<string>()
  let last: { readonly given: Snapshot; readonly checked: Snapshot } | undefined
  const check = (given: Snapshot): Snapshot => {
    if (last?.given === given) return last.checked
    const brokers = given.brokers.map(checkBroker)
    const missing = brokers.filter((broker, i) => broker !== given.brokers[i])
    const keys = new Set(missing.map(({ key }) => key))
    for (const { key, readiness } of missing) {
      if (!told.has(key)) logger.error({ broker: key, readiness }, 'A Broker is not Ready')
      told.add(key)
    }
    for (const key of told) if (!keys.has(key)) told.delete(key)
    const checked = {
      brokers,
      triggers: given.triggers.map((trigger) =>
        keys.has(trigger.broker) ? brokerNotReady(trigger) : trigger,
      ),
    }
    last = { given, checked }
    return checked
  }
  return {
    snapshot: () => check(triggers.snapshot()),
    onChange: (listener) => triggers.onChange((snapshot) => listener(check(snapshot))),
    close: () => triggers.close(),
  }
}

const MESSAGE =
  'nothing says where its Kafka is: set KAFKA_BROKERS to host:port, or "bootstrap.servers" in the ConfigMap that its "spec.config" names'

function checkBroker(broker: Broker): Broker {
  if (!broker.readiness.ready || broker.kafka.bootstrapServers !== undefined) return broker
  const readiness: Readiness = { ready: false, reason: 'NoBootstrapServers', message: MESSAGE }
  return { ...broker, readiness }
}

function brokerNotReady(trigger: Trigger): Trigger {
  if (!trigger.readiness.ready) return trigger
  const message = `its Broker ${trigger.broker} is not Ready: ${MESSAGE}`
  return { ...trigger, readiness: { ready: false, reason: 'BrokerNotReady', message } }
}
