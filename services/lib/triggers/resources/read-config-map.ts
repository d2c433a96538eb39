import { entriesOf, type Fault, fieldsOf, type Place, stringAt } from './place.ts'
import { type Metadata, readMetadata } from './read-metadata.ts'
import type { PlacedDocument, ResourceDocument } from './resource-document.ts'

/** A ConfigMap as it was written. What it means is up to whoever refers to it. */
export interface ConfigMapDraft {
  readonly kind: 'ConfigMap'
  readonly document: ResourceDocument
  readonly metadata: Metadata
  readonly data: ReadonlyMap<string, string>
  readonly faults: Fault[]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'data', 'binaryData', 'immutable']

/**
 * Reads a ConfigMap of `v1`, such as a Broker's `config` refers to: what a cluster would refuse is
 * a fault here too.
 *
 * @returns `undefined`, with a fault, when it has no name.
 */
export function readConfigMap(root: Place, placed: PlacedDocument): ConfigMapDraft | undefined {
  const fields = fieldsOf(root, ROOT_FIELDS)
  const metadata = readMetadata(root, placed)
  const data = stringsOf(fields.get('data'))
  stringsOf(fields.get('binaryData'))
  if (metadata === undefined) return undefined
  return { kind: 'ConfigMap', document: placed.document, metadata, data, faults: root.faults }
}

function stringsOf(place: Place | undefined): ReadonlyMap<string, string> {
  const strings = new Map<string, string>()
  for (const [name, field] of entriesOf(place)) {
    const value = stringAt(field)
    if (value !== undefined) strings.set(name, value)
  }
  return strings
}
