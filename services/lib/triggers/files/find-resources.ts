import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PlacedDocument } from '../resources/resource-document.ts'
import { readDocuments } from './read-documents.ts'
import { type Kustomization, readKustomization } from './read-kustomization.ts'
import { signatureOf } from './signature-of.ts'
import type { Look, UnderstoodFiles } from './understood-files.ts'

/** The names under which kustomize looks for one. */
const KUSTOMIZATION_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
const MAX_VISITS = 1000
const MAX_DOCUMENTS = 10_000

/** What the kustomizations around a folder add to what is in it; the outermost wins. */
type Added = Omit<PlacedDocument, 'document'>

interface Search {
  readonly look: Look
  readonly files: UnderstoodFiles
  readonly found: PlacedDocument[]
  /** Files and folders gone to, the same one each time. */
  visits: number
}

/**
 * All documents of EVENTING_DIR: what its kustomization lists, files and folders with
 * kustomizations of their own; or, without one, every `*.yaml` and `*.yml` of the folder itself.
 * What cannot be followed is a fault of `look`, as is a file that cannot be understood.
 *
 * @returns `undefined`, with a fault, when the folder itself cannot be read.
 */
export async function findResources(
  eventingDir: string,
  look: Look,
  files: UnderstoodFiles,
): Promise<readonly PlacedDocument[] | undefined> {
  const search: Search = { look, files, found: [], visits: 0 }
  const added: Added = { namespace: undefined, annotations: new Map() }
  const entries = await listFolder(eventingDir, look)
  if (entries === undefined) return undefined
  if (entries.some(({ name }) => KUSTOMIZATION_NAMES.includes(name))) {
    await followFolder(eventingDir, entries, added, [], search)
    return search.found
  }
  for (const entry of entries) {
    const isYaml = /^[^.].*\.ya?ml$/.test(entry.name) && !entry.isDirectory()
    if (isYaml) await addFile(join(eventingDir, entry.name), added, search)
  }
  return search.found
}

async function listFolder(folder: string, look: Look): Promise<readonly Dirent[] | undefined> {
  look.seen.set(folder, signatureOf(folder))
  try {
    const entries = await readdir(folder, { withFileTypes: true })
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    look.faults.push(
      `${folder}: ${code === 'ENOENT' ? 'does not exist' : `is no folder that can be read (${code})`}`,
    )
    return undefined
  }
}

/** `way` has the real paths of the folders that led here. */
async function followFolder(
  folder: string,
  entries: readonly Dirent[],
  added: Added,
  way: readonly string[],
  search: Search,
): Promise<void> {
  const { look, files } = search
  const real = await realpath(folder).catch(() => folder)
  if (way.includes(real)) {
    look.faults.push(`${folder}: its kustomizations go in a circle`)
    return
  }
  const present = KUSTOMIZATION_NAMES.filter((name) => entries.some((each) => each.name === name))
  const [name] = present
  if (name === undefined || present.length > 1) {
    const found = name === undefined ? 'has no kustomization.yaml' : `has ${present.join(' and ')}`
    look.faults.push(`${folder}: ${found}, exactly one is needed`)
    return
  }
  const kustomization = await files.read(join(folder, name), look, readKustomization)
  if (kustomization === undefined) return
  const inner = add(kustomization, added)
  for (const resource of kustomization.resources) {
    await follow(join(folder, resource), inner, [...way, real], search)
  }
}

async function follow(
  path: string,
  added: Added,
  way: readonly string[],
  search: Search,
): Promise<void> {
  const isFolder = await stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  )
  if (!isFolder) return addFile(path, added, search)
  if (!mayVisit(search)) return
  const entries = await listFolder(path, search.look)
  if (entries !== undefined) await followFolder(path, entries, added, way, search)
}

async function addFile(file: string, added: Added, search: Search): Promise<void> {
  if (!mayVisit(search)) return
  const documents = await search.files.read(file, search.look, readDocuments)
  for (const document of documents ?? []) search.found.push({ document, ...added })
}

function mayVisit(search: Search): boolean {
  search.visits++
  if (search.visits <= MAX_VISITS && search.found.length <= MAX_DOCUMENTS) return true
  const fault = `More than ${MAX_VISITS} files or ${MAX_DOCUMENTS} documents: the rest is not read`
  if (!search.look.faults.includes(fault)) search.look.faults.push(fault)
  return false
}

function add(kustomization: Kustomization, outer: Added): Added {
  return {
    namespace: outer.namespace ?? kustomization.namespace,
    annotations: new Map([...kustomization.annotations, ...outer.annotations]),
  }
}
