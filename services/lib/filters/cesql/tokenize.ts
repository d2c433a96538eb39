/**
 * A word is a run of letters, digits and `_`: a keyword, an integer, a name. `unclosed` is a string
 * without its closing quote, `unknown` a character that no expression has outside of strings.
 */
export type TokenKind = 'word' | 'symbol' | 'string' | 'unclosed' | 'unknown' | 'end'

export interface Token {
  readonly kind: TokenKind
  /** As it is written; of a string, what it means. */
  readonly text: string
  readonly start: number
  readonly end: number
}

const SPACE = /[ \t\r\n]*/y
const WORD = /[A-Za-z0-9_]+/y
const SYMBOL = /<=|>=|<>|!=|[()=<>+\-*/%,]/y
// A backslash takes the next character along, so that \' does not end the string.
const STRINGS: Readonly<Record<string, RegExp>> = {
  "'": /'(?:[^'\\]|\\.)*'/sy,
  '"': /"(?:[^"\\]|\\.)*"/sy,
}

/** The parts of a text, in order, the last one being its end. Any text has some. */
export function tokenize(text: string): readonly Token[] {
  const tokens: Token[] = []
  let at = skipSpace(text, 0)
  while (at < text.length) {
    const token = tokenAt(text, at)
    tokens.push(token)
    at = skipSpace(text, token.end)
  }
  tokens.push({ kind: 'end', text: '', start: text.length, end: text.length })
  return tokens
}

function skipSpace(text: string, at: number): number {
  SPACE.lastIndex = at
  SPACE.test(text)
  return SPACE.lastIndex
}

function tokenAt(text: string, start: number): Token {
  const word = match(WORD, text, start)
  if (word !== undefined) return token('word', word, start, word.length)
  const symbol = match(SYMBOL, text, start)
  if (symbol !== undefined) return token('symbol', symbol, start, symbol.length)
  const first = String.fromCodePoint(text.codePointAt(start) ?? 0)
  const strings = STRINGS[first]
  if (strings === undefined) return token('unknown', first, start, first.length)
  const string = match(strings, text, start)
  if (string === undefined) return token('unclosed', first, start, text.length - start)
  return token('string', meaningOf(string), start, string.length)
}

function token(kind: TokenKind, text: string, start: number, length: number): Token {
  return { kind, text, start, end: start + length }
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}

/**
 * Only the quote that encloses a string is escaped in it (CESQL 1.0.0, section 2.2). Every other
 * backslash stays, as those before `%` and `_` must.
 */
function meaningOf(string: string): string {
  const quote = string.charAt(0)
  const inner = string.slice(1, -1)
  if (!inner.includes('\\')) return inner
  return inner.replaceAll(/\\(.)/gs, (pair, next) => (next === quote ? quote : pair))
}
