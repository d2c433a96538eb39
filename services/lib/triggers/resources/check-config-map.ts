import { entriesOf, fieldsOf, type Place, stringAt } from './place.ts'
import { readMetadata } from './read-metadata.ts'
import type { PlacedDocument } from './resource-document.ts'

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'data', 'binaryData', 'immutable']

/**
 * Checks a ConfigMap of `v1`, such as a Broker's `config` refers to: what a cluster would refuse
 * is a fault here too. Without a cluster nothing in it has an effect.
 */
export function checkConfigMap(root: Place, placed: PlacedDocument): void {
  const fields = fieldsOf(root, ROOT_FIELDS)
  readMetadata(root, placed)
  for (const name of ['data', 'binaryData']) {
    for (const value of entriesOf(fields.get(name)).values()) stringAt(value)
  }
}
