import { entriesOf, fail, fieldsOf, inside, type Place, required, textAt } from './place.ts'
import type { PlacedDocument } from './resource-document.ts'

/** What a resource is called, and what is written beside its specification. */
export interface Metadata {
  /** `<namespace>/<name>` */
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** Places of strings. */
  readonly annotations: ReadonlyMap<string, Place>
}

/** Kubernetes ObjectMeta; what a cluster adds to it may stand in a file too. */
const METADATA_FIELDS = [
  'name',
  'namespace',
  'labels',
  'annotations',
  'generateName',
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'finalizers',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
]

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/

/**
 * The `metadata` of a resource. A missing namespace is `default`. Names are Kubernetes' (a DNS
 * subdomain for the name, a DNS label for the namespace).
 *
 * @returns `undefined`, with a fault, when there is no name by which the resource could be known.
 */
export function readMetadata(root: Place, placed: PlacedDocument): Metadata | undefined {
  const place = required(root, entriesOf(root), 'metadata')
  if (place === undefined) return undefined
  const fields = fieldsOf(place, METADATA_FIELDS)
  const namePlace = required(place, fields, 'name')
  const name = usableName(namePlace)
  const namespace =
    placed.namespace ?? (fields.has('namespace') ? usableName(fields.get('namespace')) : 'default')
  checkStrings(fields.get('labels'))
  if (namePlace === undefined || name === undefined || namespace === undefined) return undefined
  if (name.length > 253 || !SUBDOMAIN.test(name)) {
    fail(namePlace, 'must be a DNS name: lower case letters, digits, "-" and "."')
  }
  if (namespace.length > 63 || !LABEL.test(namespace)) {
    const at = fields.get('namespace') ?? place
    fail(at, 'must be a DNS label: lower case letters, digits and "-", at most 63')
  }
  const annotations = new Map(checkStrings(fields.get('annotations')))
  for (const [key, value] of placed.annotations) {
    annotations.set(key, inside(inside(place, 'annotations', undefined), key, value))
  }
  return { key: `${namespace}/${name}`, namespace, name, annotations }
}

/** A name that may stand in a key, if not yet one that Kubernetes would take. */
function usableName(place: Place | undefined): string | undefined {
  const name = textAt(place)
  if (place === undefined || name === undefined) return undefined
  if (name.length <= 300 && !name.includes('/')) return name
  return fail(place, 'must be a DNS name')
}

function checkStrings(place: Place | undefined): ReadonlyMap<string, Place> {
  const strings = new Map<string, Place>()
  for (const [name, each] of entriesOf(place)) {
    if (typeof each.value === 'string') strings.set(name, each)
    else fail(each, `must be a string: put it in quotes`)
  }
  return strings
}
