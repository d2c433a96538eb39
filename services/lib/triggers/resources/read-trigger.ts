import type { FilterSpec } from '#filters/filter.ts'
import type { Profile } from '../profile.ts'
import { type Fault, fail, fieldsOf, type Place, required, stringAt, textAt } from './place.ts'
import { readTriggerAnnotations, type TriggerAnnotations } from './read-annotations.ts'
import { type DeliveryOptions, readDelivery } from './read-delivery.ts'
import { type Destination, readDestination } from './read-destination.ts'
import { readFilters } from './read-filters.ts'
import { type Metadata, readMetadata } from './read-metadata.ts'
import type { PlacedDocument, ResourceDocument } from './resource-document.ts'

/** A Trigger as it was written, not yet resolved. */
export interface TriggerDraft {
  readonly kind: 'Trigger'
  readonly document: ResourceDocument
  readonly metadata: Metadata
  /** Key of its Broker; the namespace's `default` where the Trigger names none. */
  readonly broker: string
  readonly annotations: TriggerAnnotations
  /** Empty where they cannot be read. */
  readonly filters: readonly FilterSpec[]
  readonly subscriber: Destination | undefined
  readonly delivery: DeliveryOptions | undefined
  readonly spec: unknown
  readonly faults: Fault[]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'spec', 'status']
const SPEC_FIELDS = ['broker', 'brokerRef', 'filter', 'filters', 'subscriber', 'delivery']
const BROKER_REF_FIELDS = ['apiVersion', 'kind', 'name', 'namespace', 'group', 'address']

/**
 * Reads a Trigger of `eventing.knative.dev/v1`.
 *
 * @returns `undefined`, with a fault, when it has no name.
 */
export function readTrigger(
  root: Place,
  placed: PlacedDocument,
  profile: Profile,
): TriggerDraft | undefined {
  const fields = fieldsOf(root, ROOT_FIELDS)
  const metadata = readMetadata(root, placed)
  if (metadata === undefined) return undefined
  const spec = required(root, fields, 'spec')
  const parts = fieldsOf(spec, SPEC_FIELDS)
  const broker = spec === undefined ? undefined : readBrokerName(spec, parts)
  const subscriber = spec === undefined ? undefined : required(spec, parts, 'subscriber')
  return {
    kind: 'Trigger',
    document: placed.document,
    metadata,
    broker: `${metadata.namespace}/${broker ?? 'default'}`,
    annotations: readTriggerAnnotations(metadata.annotations, placed.annotations, profile),
    filters: readFiltersOrNone(parts, root.faults),
    subscriber: readDestination(subscriber, 'SubscriberNotResolved'),
    delivery: readDelivery(parts.get('delivery')),
    spec: spec?.value ?? null,
    faults: root.faults,
  }
}

function readBrokerName(spec: Place, parts: ReadonlyMap<string, Place>): string | undefined {
  const ref = parts.get('brokerRef')
  if (ref === undefined) {
    const place = required(spec, parts, 'broker')
    const name = textAt(place)
    if (place === undefined || name === undefined || !name.includes('/')) return name
    return fail(place, 'must be the name of a Broker in the namespace of the Trigger')
  }
  for (const field of fieldsOf(ref, BROKER_REF_FIELDS).values()) stringAt(field)
  return fail(
    ref,
    'is not supported: name a Broker of the same namespace in "broker"',
    'NotSupported',
  )
}

function readFiltersOrNone(
  parts: ReadonlyMap<string, Place>,
  faults: readonly Fault[],
): readonly FilterSpec[] {
  const before = faults.length
  const filters = readFilters(parts.get('filters'), parts.get('filter'))
  return faults.length === before ? filters : []
}
