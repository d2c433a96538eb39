import {
  type FaultReason,
  fail,
  fieldsOf,
  type Place,
  required,
  stringAt,
  textAt,
} from './place.ts'
import { readCertificates } from './read-pem.ts'

/** A Kubernetes or Knative Service that events are sent to. */
export interface ServiceReference {
  readonly name: string
  /** `undefined`: that of the resource which refers to it. */
  readonly namespace: string | undefined
}

/** Where to send, as it was written; it is resolved when all Services are known. */
export interface Destination {
  readonly place: Place
  /** What the resource is not Ready for when this leads nowhere. */
  readonly unresolved: FaultReason
  readonly service: ServiceReference | undefined
  /** Absolute, or relative to the Service. */
  readonly uri: string | undefined
  /** Certificates of who may vouch for it, in PEM. */
  readonly caCerts: string | undefined
}

const DESTINATION_FIELDS = ['ref', 'uri', 'CACerts', 'audience']
const REFERENCE_FIELDS = ['apiVersion', 'kind', 'name', 'namespace', 'group', 'address']

/**
 * Knative's Destination: a `ref`, a `uri`, or a `ref` with a `uri` relative to it. `audience` is
 * checked for its type and has no effect; neither has `ref.address`.
 *
 * @returns `undefined`, with a fault, for what cannot lead anywhere.
 */
export function readDestination(
  place: Place | undefined,
  unresolved: FaultReason,
): Destination | undefined {
  if (place === undefined) return undefined
  const before = place.faults.length
  const fields = fieldsOf(place, DESTINATION_FIELDS)
  const caCerts = readCaCerts(fields.get('CACerts'))
  stringAt(fields.get('audience'))
  const uri = textAt(fields.get('uri'))
  const ref = fields.get('ref')
  if (ref === undefined) {
    if (uri !== undefined) return { place, unresolved, service: undefined, uri, caCerts }
    if (place.faults.length > before) return undefined
    return fail(place, 'must have a "ref" to a Service or a "uri"')
  }
  const service = readReference(ref, unresolved)
  return service === undefined ? undefined : { place, unresolved, service, uri, caCerts }
}

/** An empty text counts as none. */
function readCaCerts(place: Place | undefined): string | undefined {
  const pem = stringAt(place)
  if (place === undefined || pem === undefined || pem === '') return undefined
  const certificates = readCertificates(pem)
  if (certificates !== undefined) return certificates.map((each) => each.toString()).join('')
  return fail(place, 'has no certificates in PEM, or one that cannot be read')
}

function readReference(place: Place, unresolved: FaultReason): ServiceReference | undefined {
  const fields = fieldsOf(place, REFERENCE_FIELDS)
  const name = textAt(required(place, fields, 'name'))
  const kind = textAt(required(place, fields, 'kind'))
  const group = textAt(fields.get('group'))
  const apiVersion =
    group === undefined
      ? textAt(required(place, fields, 'apiVersion'))
      : (textAt(fields.get('apiVersion')) ?? `${group}/v1`)
  const namespace = textAt(fields.get('namespace'))
  stringAt(fields.get('address'))
  if (name === undefined || kind === undefined || apiVersion === undefined) return undefined
  if (kind !== 'Service' || (apiVersion !== 'v1' && apiVersion !== 'serving.knative.dev/v1')) {
    return fail(
      place,
      `only a Service (v1 or serving.knative.dev/v1) can be resolved here, not ${kind.slice(0, 80)} of ${apiVersion.slice(0, 80)}: name one, or give a "uri"`,
      unresolved,
    )
  }
  return { name, namespace }
}
