import {
  Composer,
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  Parser,
} from 'yaml'
import type { Path } from '../resources/place.ts'
import type { ResourceDocument } from '../resources/resource-document.ts'
import { checkNodes, MAX_DEPTH, type Refuse } from './check-nodes.ts'
import { FileFault } from './file-fault.ts'

const MAX_DOCUMENTS = 2000
const MAX_ALIASES = 100
const NESTED = `is nested too deeply, at most ${MAX_DEPTH} levels are read`

/** By the parser's codes: what it says with a quote in the middle. */
const WITHOUT_QUOTES: Readonly<Record<string, string>> = {
  BAD_DIRECTIVE: 'Unknown directive, or YAML version',
  BAD_DQ_ESCAPE: 'Invalid escape sequence: put the text in single quotes',
  TAG_RESOLVE_FAILED: 'Unresolved tag: put text that begins with ! in quotes',
}

const OPTIONS = {
  prettyErrors: false,
  stringKeys: true,
  // Compares each key with every other one; checkNodes() does it with a set.
  uniqueKeys: false,
  // Said outright, because a %YAML 1.1 directive would change them.
  schema: 'core',
  merge: false,
  resolveKnownTags: false,
  logLevel: 'error',
} as const

/**
 * The YAML (or JSON) documents of one file, empty ones left out. YAML 1.2 with string keys, no
 * merge keys, no custom tags; nesting, aliases and the number of documents are bounded.
 *
 * @throws FileFault with file, line and reason when any of them cannot be read: then none is given.
 */
export function readDocuments(file: string, text: string): readonly ResourceDocument[] {
  const lines = new LineCounter()
  const lineAt = (offset: number) => lines.linePos(offset).line
  const refuse = (offset: number, message: string): never => {
    throw new FileFault(`${file}:${lineAt(offset)}: ${message}`)
  }
  const found: ResourceDocument[] = []
  for (const document of parse(file, text, lines, refuse)) {
    const fault = [...document.errors, ...document.warnings][0]
    if (fault !== undefined) refuse(fault.pos[0], reasonOf(fault))
    checkNodes(document.contents, refuse)
    const data = toData(file, document)
    if (data === null) continue
    const lineOf = (path: Path) => lineAt(offsetOf(document.contents, path))
    found.push({ file, data, lineOf })
  }
  return found
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

/** Stops at the first fault, where the library would go on to collect every one. */
function parse(
  file: string,
  text: string,
  lines: LineCounter,
  refuse: Refuse,
): readonly Document.Parsed[] {
  const composer = new Composer(OPTIONS)
  const documents: Document.Parsed[] = []
  try {
    for (const token of new Parser(lines.addNewLine).parse(text)) {
      if (token.type === 'error') refuse(token.offset, reasonOf(token))
      documents.push(...composer.next(token))
      if (documents.length > MAX_DOCUMENTS) {
        refuse(token.offset, `has more than ${MAX_DOCUMENTS} documents`)
      }
    }
    documents.push(...composer.end(false, text.length))
  } catch (error) {
    throw tooDeep(file, error)
  }
  return documents
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
  return new FileFault(`${file}: ${NESTED}`)
}

/**
 * The parser turns running out of stack into a syntax error like any other. What its messages quote
 * from the file is left out: it may be a part of a Secret.
 */
function reasonOf({ message, code }: { readonly message: string; readonly code?: string }): string {
  if (message.includes('call stack')) return NESTED
  return WITHOUT_QUOTES[code ?? ''] ?? message.replace(/(?<=\w): .*/s, '').slice(0, 200)
}

/** Aliases can nest deeper than what is written, and one to something around it without end. */
function checkDepth(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new RangeError('Data is nested too deeply')
  if (typeof value !== 'object' || value === null) return
  for (const each of Object.values(value)) checkDepth(each, depth + 1)
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
