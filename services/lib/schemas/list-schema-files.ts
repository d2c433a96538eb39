import { readdirSync, type Stats, statSync } from 'node:fs'
import { join } from 'node:path'
import type { SchemaFault } from './schema-file.ts'

/** The largest schema file that is read, in bytes. */
export const MAX_SCHEMA_BYTES = 1024 * 1024

/** A schema file by name, not read yet. */
export interface ListedFile {
  readonly file: string
  readonly type: string
  readonly version: number
}

/** What a schemas folder holds at one moment. */
export interface SchemaListing {
  readonly files: readonly ListedFile[]
  /** Files that are there by mistake: a name that is no version, a file that is too large. */
  readonly faults: readonly SchemaFault[]
  /** Differs from that of an earlier listing when anything has changed. */
  readonly fingerprint: string
}

/**
 * Lists `<schemasDir>/<event type>/<integer version>.json`. Names that begin with a dot, and files
 * that do not end in `.json`, are somebody else's; symbolic links are followed, as Kubernetes
 * mounts are made of them. Synchronous, as it is asked for twice a second and its many small calls
 * would each wake another thread.
 * @throws the file system's error when the folder cannot be read.
 */
export function listSchemaFiles(schemasDir: string): SchemaListing {
  const files: ListedFile[] = []
  const faults: SchemaFault[] = []
  let fingerprint = ''
  for (const folder of visibleNames(schemasDir)) {
    const found = statSync(join(schemasDir, folder))
    if (!found.isDirectory()) {
      if (folder.endsWith('.json')) faults.push(misplaced(folder))
      continue
    }
    for (const name of visibleNames(join(schemasDir, folder))) {
      if (!name.endsWith('.json')) continue
      const file = `${folder}/${name}`
      const entry = statSync(join(schemasDir, folder, name))
      fingerprint += `${file} ${entry.size} ${entry.mtimeMs} ${entry.ctimeMs} ${entry.ino}\n`
      const listed = listedFile(folder, name, entry)
      if (typeof listed === 'string') faults.push({ file, line: 1, reason: listed })
      else files.push(listed)
    }
  }
  return { files, faults, fingerprint: fingerprint + faults.map((fault) => fault.file).join() }
}

function visibleNames(folder: string): string[] {
  const names = readdirSync(folder)
  return names.filter((name) => !name.startsWith('.')).sort()
}

/** The file's type and version, or what is wrong with it. */
function listedFile(folder: string, name: string, entry: Stats): ListedFile | string {
  if (!entry.isFile()) return 'it is not a file'
  if (entry.size > MAX_SCHEMA_BYTES) {
    return `the file has ${entry.size} bytes, and at most ${MAX_SCHEMA_BYTES} are read`
  }
  const version = name.slice(0, -'.json'.length)
  if (!/^(?:0|[1-9]\d{0,8})$/.test(version)) {
    return 'the name is not <integer version>.json, such as 1.json'
  }
  try {
    return { file: `${folder}/${name}`, type: decodeURIComponent(folder), version: Number(version) }
  } catch {
    return 'the folder is named after the event type; there, a % is written %25'
  }
}

function misplaced(file: string): SchemaFault {
  return { file, line: 1, reason: 'a schema lies in a folder named after its event type' }
}
