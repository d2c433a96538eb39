import type { Profile } from '../profile.ts'
import type { Snapshot } from '../trigger.ts'
import { buildSnapshot } from './build-snapshot.ts'
import { byKey } from './by-key.ts'
import { describeFaults } from './describe-faults.ts'
import { entriesOf, fail, type Place, quoted, required, textAt } from './place.ts'
import { type BrokerDraft, readBroker } from './read-broker.ts'
import { type ConfigMapDraft, readConfigMap } from './read-config-map.ts'
import { readSecret, type SecretDraft } from './read-secret.ts'
import { readTrigger, type TriggerDraft } from './read-trigger.ts'
import type { ServiceUrls } from './resolve-destination.ts'
import type { PlacedDocument } from './resource-document.ts'

/** What a set of documents says. */
export interface Resources {
  readonly snapshot: Snapshot
  /** What is wrong with documents that cannot be known by a name, and with ConfigMaps and Secrets: file, line, field, reason. */
  readonly faults: readonly string[]
  /** One line for each document of a kind that is ignored. */
  readonly ignored: readonly string[]
}

const EVENTING = 'eventing.knative.dev/v1'

type Draft = BrokerDraft | TriggerDraft | ConfigMapDraft | SecretDraft

/**
 * Reads Brokers, Triggers and ConfigMaps, and with Kafka Secrets; a fault in one of them leaves the
 * others as they are.
 */
export function readResources(
  documents: readonly PlacedDocument[],
  services: ServiceUrls,
  profile: Profile,
): Resources {
  const drafts: Draft[] = []
  const faults: string[] = []
  const ignored: string[] = []
  for (const placed of documents) {
    const { document } = placed
    const root: Place = { value: document.data, path: [], faults: [] }
    const type = readType(root)
    const draft = type === undefined ? undefined : readAs(type, root, placed, profile)
    if (draft === 'ignored') {
      ignored.push(`${document.file}: ${type}${nameOf(document.data)} is not used here`)
      continue
    }
    if (draft !== undefined) drafts.push(draft)
    if (draft?.kind === 'Broker' || draft?.kind === 'Trigger') continue
    const readiness = describeFaults({ document, faults: root.faults })
    if (readiness !== undefined) faults.push(readiness.message)
  }
  const of = <K extends Draft['kind']>(kind: K) =>
    drafts.filter((draft): draft is Extract<Draft, { kind: K }> => draft.kind === kind)
  const kafka = { configMaps: byKey(of('ConfigMap')), secrets: byKey(of('Secret')) }
  const snapshot = buildSnapshot(
    of('Broker'),
    of('Trigger'),
    services,
    profile === 'kafka' ? kafka : undefined,
  )
  return { snapshot, faults, ignored }
}

function readType(root: Place): string | undefined {
  const fields = entriesOf(root)
  if (root.faults.length > 0) return undefined
  const kind = textAt(required(root, fields, 'kind'))
  const apiVersion = textAt(required(root, fields, 'apiVersion'))
  if (kind === undefined || apiVersion === undefined) return undefined
  return `${kind.slice(0, 80)} of ${apiVersion.slice(0, 80)}`
}

function nameOf(data: unknown): string {
  const metadata = entriesOf({ value: data, path: [], faults: [] }).get('metadata')
  const name = entriesOf(metadata).get('name')?.value
  return typeof name === 'string' ? `, ${quoted(name)},` : ''
}

function readAs(
  type: string,
  root: Place,
  placed: PlacedDocument,
  profile: Profile,
): Draft | 'ignored' | undefined {
  if (type === `Broker of ${EVENTING}`) return readBroker(root, placed, profile)
  if (type === `Trigger of ${EVENTING}`) return readTrigger(root, placed, profile)
  if (type === 'ConfigMap of v1') return readConfigMap(root, placed)
  if (type === 'Secret of v1' && profile === 'kafka') return readSecret(root, placed)
  if (type.includes(' of eventing.knative.dev/') && /^(Broker|Trigger) /.test(type)) {
    return fail(root, `must have the apiVersion ${EVENTING}: this is a ${type}`)
  }
  return 'ignored'
}
