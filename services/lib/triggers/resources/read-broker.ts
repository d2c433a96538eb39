import { deadLettersTopic } from '#kafka/topic-names.ts'
import type { Profile } from '../profile.ts'
import { MAX_TOPIC_LENGTH } from './check-topic-name.ts'
import {
  type Fault,
  fail,
  fieldsOf,
  inside,
  type Place,
  quoted,
  required,
  stringAt,
} from './place.ts'
import { type BrokerAnnotations, readBrokerAnnotations } from './read-annotations.ts'
import { type DeliveryOptions, readDelivery } from './read-delivery.ts'
import { type Metadata, readMetadata } from './read-metadata.ts'
import type { PlacedDocument, ResourceDocument } from './resource-document.ts'

/** A Broker as it was written, not yet resolved. */
export interface BrokerDraft {
  readonly kind: 'Broker'
  readonly document: ResourceDocument
  readonly metadata: Metadata
  readonly annotations: BrokerAnnotations
  /** The ConfigMap that `spec.config` names, as `<namespace>/<name>`. Only with Kafka. */
  readonly config: { readonly key: string; readonly place: Place } | undefined
  readonly delivery: DeliveryOptions | undefined
  readonly faults: Fault[]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
const SPEC_FIELDS = ['config', 'delivery']
const CONFIG_FIELDS = ['apiVersion', 'kind', 'name', 'namespace', 'group', 'address']

/**
 * Reads a Broker of `eventing.knative.dev/v1`. Its class may be any; what only Kafka needs is a
 * fault only with Kafka.
 *
 * @returns `undefined`, with a fault, when it has no name.
 */
export function readBroker(
  root: Place,
  placed: PlacedDocument,
  profile: Profile,
): BrokerDraft | undefined {
  const fields = fieldsOf(root, ROOT_FIELDS)
  const metadata = readMetadata(root, placed)
  if (metadata === undefined) return undefined
  const spec = fieldsOf(fields.get('spec'), SPEC_FIELDS)
  const config = readConfig(spec.get('config'), metadata.namespace, profile)
  if (profile === 'kafka') checkTopics(root, metadata)
  return {
    kind: 'Broker',
    document: placed.document,
    metadata,
    annotations: readBrokerAnnotations(metadata.annotations, placed.annotations, profile),
    config,
    delivery: readDelivery(spec.get('delivery')),
    faults: root.faults,
  }
}

function readConfig(
  place: Place | undefined,
  namespace: string,
  profile: Profile,
): BrokerDraft['config'] {
  const fields = fieldsOf(place, CONFIG_FIELDS)
  const texts = new Map([...fields].map(([name, field]) => [name, stringAt(field)]))
  if (place === undefined || profile !== 'kafka') return undefined
  for (const name of ['apiVersion', 'kind', 'name']) required(place, fields, name)
  const [apiVersion, kind, name] = [texts.get('apiVersion'), texts.get('kind'), texts.get('name')]
  if (apiVersion === undefined || kind === undefined || name === undefined) return undefined
  if (kind !== 'ConfigMap' || apiVersion !== 'v1') {
    return fail(place, 'must have the kind ConfigMap and the apiVersion v1')
  }
  return { place, key: `${texts.get('namespace') ?? namespace}/${name}` }
}

/** The topic of the dead letters has the longest of the names that are made of a Broker's. */
function checkTopics(root: Place, { key, name }: Metadata): void {
  const topic = deadLettersTopic(key)
  const over = topic.length - MAX_TOPIC_LENGTH
  if (over <= 0) return
  fail(
    inside(inside(root, 'metadata', undefined), 'name', name),
    `is too long by ${over}: the name of its topic ${quoted(topic)} may have ${MAX_TOPIC_LENGTH} characters`,
  )
}
