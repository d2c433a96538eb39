import type { Broker, Delivery, Readiness, Snapshot, Trigger } from '../trigger.ts'
import { byKey, type Drafts } from './by-key.ts'
import { DEFAULT_KAFKA_SETTINGS } from './default-kafka-settings.ts'
import { describeDuplicate } from './describe-duplicate.ts'
import { describeFaults } from './describe-faults.ts'
import { describeNamesakes } from './describe-namesakes.ts'
import type { BrokerDraft } from './read-broker.ts'
import type { TriggerDraft } from './read-trigger.ts'
import { resolveDelivery } from './resolve-delivery.ts'
import { resolveDestination, type ServiceUrls } from './resolve-destination.ts'
import { type KafkaResources, resolveKafka } from './resolve-kafka.ts'

const MAX_IN_FLIGHT = 64
/** What servers commonly take: the least of the limits that are usual. */
const MAX_HEADER_BYTES = 8192
const READY: Readiness = { ready: true }

/** A Broker with what its Triggers take from it. */
interface BuiltBroker {
  readonly broker: Broker
  readonly draft: BrokerDraft
  readonly deadLetterSink: string | undefined
}

/**
 * Resolves Brokers and Triggers against each other and against the Services that are known. Each
 * name appears once, also those that are not Ready; a name that was given to several is not Ready,
 * and its message names where they stand.
 *
 * @param kafka what Brokers may refer to; `undefined` where Kafka is not used.
 */
export function buildSnapshot(
  brokers: readonly BrokerDraft[],
  triggers: readonly TriggerDraft[],
  services: ServiceUrls,
  kafka: KafkaResources | undefined,
): Snapshot {
  const groups = byKey(brokers)
  const namesakes = kafka && describeNamesakes(groups)
  const built = new Map<string, BuiltBroker>()
  for (const [key, drafts] of groups) {
    built.set(key, buildBroker(drafts, services, kafka, namesakes?.get(key)))
  }
  return {
    brokers: [...built.values()].map((each) => each.broker),
    triggers: [...byKey(triggers).values()].map((drafts) => buildTrigger(drafts, built, services)),
  }
}

function buildBroker(
  drafts: Drafts<BrokerDraft>,
  services: ServiceUrls,
  kafka: KafkaResources | undefined,
  namesake: Readiness | undefined,
): BuiltBroker {
  const [draft] = drafts
  const { metadata, annotations, document, delivery } = draft
  const deadLetterSink =
    delivery?.deadLetterSink &&
    resolveDestination(delivery.deadLetterSink, metadata.namespace, services)
  const resolved = kafka && resolveKafka(draft, kafka)
  const broker: Broker = {
    key: metadata.key,
    namespace: metadata.namespace,
    name: metadata.name,
    origin: { file: document.file, line: document.lineOf([]) },
    readiness:
      describeDuplicate(drafts) ?? describeFaults(draft) ?? namesake ?? resolved?.fault ?? READY,
    schemas: annotations.schemas,
    unknownTypes: annotations.unknownTypes,
    dedupWindowMs: annotations.dedupWindowMs,
    retention: annotations.retention,
    kafka: resolved?.settings ?? DEFAULT_KAFKA_SETTINGS,
  }
  return { broker, draft, deadLetterSink }
}

function buildTrigger(
  drafts: Drafts<TriggerDraft>,
  brokers: ReadonlyMap<string, BuiltBroker>,
  services: ServiceUrls,
): Trigger {
  const [draft] = drafts
  const { metadata, annotations, document } = draft
  const { namespace } = metadata
  const broker = brokers.get(draft.broker)
  const subscriber = draft.subscriber && resolveDestination(draft.subscriber, namespace, services)
  const shared = broker?.draft.annotations
  const compatibility = annotations.compatibility ?? shared?.compatibility ?? 'spec'
  const delivery = deliveryOf(draft, broker, services, compatibility)
  return {
    key: metadata.key,
    namespace,
    name: metadata.name,
    broker: draft.broker,
    origin: { file: document.file, line: document.lineOf([]) },
    readiness:
      describeDuplicate(drafts) ??
      describeFaults(draft) ??
      brokerFault(draft, broker?.broker) ??
      READY,
    filters: draft.filters,
    subscriber: subscriber ?? '',
    subscriberCaCerts: draft.subscriber?.caCerts,
    delivery,
    order: annotations.order,
    maxInFlight: annotations.maxInFlight ?? shared?.maxInFlight ?? MAX_IN_FLIGHT,
    maxHeaderBytes: annotations.maxHeaderBytes ?? shared?.maxHeaderBytes ?? MAX_HEADER_BYTES,
    attributeEncoding:
      annotations.attributeEncoding ??
      shared?.attributeEncoding ??
      (compatibility === 'spec' ? 'percent' : 'raw'),
    compatibility,
    start: annotations.start,
    paused: annotations.paused,
    spec: draft.spec,
  }
}

function deliveryOf(
  draft: TriggerDraft,
  broker: BuiltBroker | undefined,
  services: ServiceUrls,
  compatibility: Trigger['compatibility'],
): Delivery {
  const own = draft.delivery?.deadLetterSink
  const sink =
    draft.delivery === undefined
      ? broker?.deadLetterSink
      : own && resolveDestination(own, draft.metadata.namespace, services)
  return resolveDelivery(draft.delivery, broker?.draft.delivery, sink, compatibility)
}

/** A Trigger is not Ready while its Broker is missing or not Ready (Knative control plane, Trigger). */
function brokerFault(draft: TriggerDraft, broker: Broker | undefined): Readiness | undefined {
  if (broker === undefined) {
    return {
      ready: false,
      reason: 'BrokerNotFound',
      message: `there is no Broker ${draft.broker}: add it, or correct "spec.broker" of this Trigger`,
    }
  }
  if (broker.readiness.ready) return undefined
  return {
    ready: false,
    reason: 'BrokerNotReady',
    message: `its Broker ${draft.broker} is not Ready: ${broker.readiness.message}`,
  }
}
