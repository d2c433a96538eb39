import { describeFaults } from '../resources/describe-faults.ts'
import { elementsOf, entriesOf, fail, type Place, stringAt, textAt } from '../resources/place.ts'
import { FileFault } from './file-fault.ts'
import { readOneDocument } from './read-documents.ts'

/** What is followed of a kustomization. */
export interface Kustomization {
  /** Files and folders, as written: relative to the kustomization's folder. */
  readonly resources: readonly string[]
  readonly namespace: string | undefined
  readonly annotations: ReadonlyMap<string, string>
}

const FOLLOWED = ['apiVersion', 'kind', 'metadata', 'namespace', 'resources', 'commonAnnotations']

/** These change nothing that is read here. */
const WITHOUT_EFFECT = ['commonLabels', 'labels', 'buildMetadata', 'sortOptions', 'openapi']

/**
 * Reads a `kustomization.yaml`. `resources`, `namespace` and `commonAnnotations` are followed;
 * labels have no effect. Everything else (patches, generators, components, transformers, images,
 * name prefixes, …) would change resources, so it is refused rather than left out.
 *
 * @throws FileFault with file, line, field and reason.
 */
export function readKustomization(file: string, text: string): Kustomization {
  const document = readOneDocument(file, text)
  if (document === undefined) return { resources: [], namespace: undefined, annotations: new Map() }
  const root: Place = { value: document.data, path: [], faults: [] }
  const kustomization = readFields(root)
  const refused = describeFaults({ document, faults: root.faults })
  if (refused !== undefined) throw new FileFault(refused.message)
  return kustomization
}

function readFields(root: Place): Kustomization {
  const fields = new Map([...entriesOf(root)].filter(([, field]) => field.value !== null))
  for (const [name, field] of fields) {
    if (FOLLOWED.includes(name) || WITHOUT_EFFECT.includes(name)) continue
    fail(
      field,
      'is not followed here: write the resources out, or render them with kustomize into a folder',
    )
  }
  const kind = fields.get('kind')
  if (kind !== undefined && kind.value !== 'Kustomization') fail(kind, 'must be Kustomization')
  const annotations = [...entriesOf(fields.get('commonAnnotations'))]
  return {
    resources: elementsOf(fields.get('resources')).flatMap((each) => readResource(each) ?? []),
    namespace: textAt(fields.get('namespace')),
    annotations: new Map(annotations.map(([name, each]) => [name, stringAt(each) ?? ''])),
  }
}

function readResource(place: Place): string | undefined {
  const entry = textAt(place)
  if (entry === undefined) return undefined
  if (/^[a-z]+:\/\/|^git@|^github\.com\/|\?ref=/.test(entry)) {
    return fail(place, 'must be a file or folder: nothing is fetched from elsewhere')
  }
  if (entry.startsWith('/') || entry.includes('\0')) {
    return fail(place, 'must be a path relative to this folder')
  }
  return entry
}
