import { type Fault, fieldsOf, type Place, stringAt } from './place.ts'
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
  readonly delivery: DeliveryOptions | undefined
  readonly faults: Fault[]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
const SPEC_FIELDS = ['config', 'delivery']
const CONFIG_FIELDS = ['apiVersion', 'kind', 'name', 'namespace', 'group', 'address']

/**
 * Reads a Broker of `eventing.knative.dev/v1`. Its class may be any; the ConfigMap that `config`
 * refers to need not exist.
 *
 * @returns `undefined`, with a fault, when it has no name.
 */
export function readBroker(root: Place, placed: PlacedDocument): BrokerDraft | undefined {
  const fields = fieldsOf(root, ROOT_FIELDS)
  const metadata = readMetadata(root, placed)
  if (metadata === undefined) return undefined
  const spec = fieldsOf(fields.get('spec'), SPEC_FIELDS)
  for (const field of fieldsOf(spec.get('config'), CONFIG_FIELDS).values()) stringAt(field)
  return {
    kind: 'Broker',
    document: placed.document,
    metadata,
    annotations: readBrokerAnnotations(metadata.annotations, placed.annotations),
    delivery: readDelivery(spec.get('delivery')),
    faults: root.faults,
  }
}
