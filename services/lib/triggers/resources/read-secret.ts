import { entriesOf, type Fault, type Place } from './place.ts'
import { type Metadata, readMetadata } from './read-metadata.ts'
import type { PlacedDocument, ResourceDocument } from './resource-document.ts'

/** One entry of a Secret, decoded. */
export interface SecretEntry {
  readonly field: 'data' | 'stringData'
  /** `undefined` where the bytes are no UTF-8. */
  readonly text: string | undefined
}

/** A Secret as it was written. What it means is up to whoever refers to it. Never logged. */
export interface SecretDraft {
  readonly kind: 'Secret'
  readonly document: ResourceDocument
  readonly metadata: Metadata
  /** Of one name in `data` and in `stringData` the latter counts, as in Kubernetes. */
  readonly entries: ReadonlyMap<string, SecretEntry>
  readonly faults: Fault[]
}

const ROOT_FIELDS = ['apiVersion', 'kind', 'metadata', 'type', 'immutable', 'data', 'stringData']

/**
 * Reads a Secret of `v1`. Its faults show neither values nor names of entries, only the line: what
 * is at fault may have come to stand in the wrong place.
 *
 * @returns `undefined`, with a fault, when it has no name.
 */
export function readSecret(root: Place, placed: PlacedDocument): SecretDraft | undefined {
  const metadata = readMetadata(root, placed)
  const entries = new Map<string, SecretEntry>()
  for (const [name, field] of entriesOf(root)) {
    if (!ROOT_FIELDS.includes(name)) {
      failUnnamed(root, field, `has an unknown field; known here: ${ROOT_FIELDS.join(', ')}`)
    } else if (name === 'data' || name === 'stringData') {
      readEntries(field, name, entries)
    }
  }
  if (metadata === undefined) return undefined
  return { kind: 'Secret', document: placed.document, metadata, entries, faults: root.faults }
}

function readEntries(
  place: Place,
  field: SecretEntry['field'],
  entries: Map<string, SecretEntry>,
): void {
  if (place.value === null) return
  for (const [name, entry] of entriesOf(place)) {
    const { value } = entry
    const bytes = typeof value === 'string' ? bytesOf(value, field) : undefined
    if (typeof value !== 'string') {
      failUnnamed(place, entry, 'has an entry that is no string: put it in quotes')
    } else if (bytes === undefined) {
      const hint = 'encode it, or write it into "stringData" as it is'
      failUnnamed(place, entry, `has an entry that is not base64: ${hint}`)
    } else if (field === 'stringData' || entries.get(name)?.field !== 'stringData') {
      entries.set(name, { field, text: textOf(bytes) })
    }
  }
}

function failUnnamed(around: Place, { path }: Place, message: string): void {
  around.faults.push({ path, shownPath: around.path, reason: 'Invalid', message })
}

/** Kubernetes passes over line breaks in base64, and over nothing else. */
function bytesOf(value: string, field: SecretEntry['field']): Uint8Array | undefined {
  if (field === 'stringData') return Buffer.from(value)
  const base64 = value.replace(/[\r\n]/g, '')
  const isBase64 = base64.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(base64)
  return isBase64 ? Buffer.from(base64, 'base64') : undefined
}

function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}
