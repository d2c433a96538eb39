import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
} from 'yaml'
import type { Path } from '../resources/place.ts'
import type { ResourceDocument } from '../resources/resource-document.ts'
import { FileFault } from './file-fault.ts'

const MAX_DOCUMENTS = 2000
const MAX_DEPTH = 100
const MAX_ALIASES = 100

/**
 * The YAML (or JSON) documents of one file, empty ones left out. YAML 1.2 with string keys, no
 * merge keys, no custom tags; nesting, aliases and the number of documents are bounded.
 *
 * @throws FileFault with file, line and reason when any of them cannot be read: then none is given.
 */
export function readDocuments(file: string, text: string): readonly ResourceDocument[] {
  const lines = new LineCounter()
  const documents = parse(file, text, lines)
  if (documents.length > MAX_DOCUMENTS) {
    throw new FileFault(
      `${file}: has ${documents.length} documents, at most ${MAX_DOCUMENTS} are read`,
    )
  }
  return documents.flatMap((document) => {
    const lineAt = (offset: number) => lines.linePos(offset).line
    const fault = [...document.errors, ...document.warnings][0]
    if (fault !== undefined) {
      throw new FileFault(`${file}:${lineAt(fault.pos[0])}: ${fault.message}`)
    }
    checkNode(document.contents, 0, (offset, message) => {
      throw new FileFault(`${file}:${lineAt(offset)}: ${message}`)
    })
    const data = toData(file, document)
    if (data === null) return []
    const lineOf = (path: Path) => lineAt(offsetOf(document.contents, path))
    return [{ file, data, lineOf }]
  })
}

/**
 * The only document of a file; `undefined` where it has none.
 *
 * @throws FileFault as `readDocuments` does, and for a second document.
 */
export function readOneDocument(file: string, text: string): ResourceDocument | undefined {
  const [first, second] = readDocuments(file, text)
  if (second === undefined) return first
  throw new FileFault(`${file}:${second.lineOf([])}: has a second document, where one is expected`)
}

function parse(file: string, text: string, lineCounter: LineCounter): readonly Document.Parsed[] {
  try {
    const documents = parseAllDocuments(text, {
      lineCounter,
      prettyErrors: false,
      stringKeys: true,
      // Compares each key with every other one; checkNode() does it with a set.
      uniqueKeys: false,
      // Said outright, because a %YAML 1.1 directive would change them.
      schema: 'core',
      merge: false,
      resolveKnownTags: false,
      logLevel: 'error',
    })
    return 'empty' in documents ? [] : documents
  } catch (error) {
    throw tooDeep(file, error)
  }
}

function toData(file: string, document: Document.Parsed): unknown {
  try {
    const data: unknown = document.toJS({ maxAliasCount: MAX_ALIASES })
    checkDepth(data, 0)
    return data
  } catch (error) {
    if (error instanceof ReferenceError) {
      throw new FileFault(`${file}: ${error.message}`, { cause: error })
    }
    throw tooDeep(file, error)
  }
}

function tooDeep(file: string, error: unknown): unknown {
  if (!(error instanceof RangeError)) return error
  return new FileFault(`${file}: is nested too deeply, at most ${MAX_DEPTH} levels are read`)
}

/** An alias to something around it makes data that contains itself. */
function checkDepth(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('Data is nested too deeply')
  if (typeof value !== 'object' || value === null) return
  for (const each of Object.values(value)) checkDepth(each, depth + 1)
}

function checkNode(
  node: ParsedNode | null,
  depth: number,
  refuse: (offset: number, message: string) => never,
): void {
  if (!isMap(node) && !isSeq(node)) return
  if (depth > MAX_DEPTH) refuse(node.range[0], `is nested deeper than ${MAX_DEPTH} levels`)
  if (isSeq(node)) {
    for (const item of node.items) checkNode(item, depth + 1, refuse)
    return
  }
  const keys = new Set<unknown>()
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? key.value : key
    if (isAlias(key)) refuse(key.range[0], 'an alias cannot be a key')
    if (keys.has(name)) refuse(key.range[0], `the key "${String(name).slice(0, 80)}" is here twice`)
    keys.add(name)
    checkNode(value, depth + 1, refuse)
  }
}

/** Where the key that ends `path` stands, or the innermost thing around it. */
function offsetOf(contents: ParsedNode | null, path: Path): number {
  let node = contents
  let offset = contents?.range[0] ?? 0
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && key.value === step)
      if (pair === undefined) return offset
      offset = pair.key.range[0]
      node = pair.value
    } else if (isSeq(node)) {
      const item = node.items[Number(step)]
      if (item === undefined) return offset
      offset = item.range[0]
      node = item
    }
  }
  return offset
}
