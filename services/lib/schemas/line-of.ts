import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)

/** Loaded only when something is wrong: a start without faults does not wait for it. */
function loadYaml(): typeof import('yaml') {
  return require('yaml')
}

/** The line, from 1, on which the value at a JSON pointer begins; 1 when it is not there. */
export function lineOfPointer(text: string, pointer: string): number {
  const { isNode, LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: false })
  let path = pointer.split('/').slice(1).map(unescapePointer)
  for (; path.length > 0; path = path.slice(0, -1)) {
    const node = document.getIn(path, true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}

/** The line, from 1, on which `needle` first stands in the text; 1 when it does not. */
export function lineOfText(text: string, needle: string): number {
  const at = needle === '' ? -1 : text.indexOf(needle)
  return at < 0 ? 1 : lineAt(text, at)
}

/** The line, from 1, at which JSON.parse gave up with `message`. */
export function lineOfSyntaxError(text: string, message: string): number {
  const named = /\(line (\d+) column \d+\)$/.exec(message)
  if (named) return Number(named[1])
  const { LineCounter, parseDocument } = loadYaml()
  const lines = new LineCounter()
  // The engine names no position for a wrong token; as YAML, a superset of JSON, it has one.
  const [error] = parseDocument(text, { lineCounter: lines, schema: 'json' }).errors
  return error ? lines.linePos(error.pos[0]).line : lineAt(text, text.length)
}

function lineAt(text: string, offset: number): number {
  let line = 1
  for (let i = text.indexOf('\n'); i >= 0 && i < offset; i = text.indexOf('\n', i + 1)) line++
  return line
}

function unescapePointer(token: string): string {
  return token.replaceAll('~1', '/').replaceAll('~0', '~')
}
