/** What is wrong with an answer, so that its exchange fails. */
export type ResponseFault =
  | 'not-http'
  | 'head-too-large'
  | 'bad-length'
  | 'bad-coding'
  | 'bad-chunk'
  | 'switched-protocol'

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number
  /** A flat list of names and values, one character per byte. */
  readonly rawHeaders: readonly string[]
  /** How its body ends: after so many bytes, with the last chunk, or with the connection. */
  readonly body: number | 'chunked' | 'until-close'
  /** How long the connection may lie idle after the answer, in milliseconds; 0: it must be closed. */
  readonly idleMs: number
}

/** No obs-fold, no bare CR or LF, no other control character than the tab. */
const HEAD =
  /^HTTP\/1\.[01] [1-9]\d\d(?: [\t\x20-\x7e\x80-\xff]*)?\r\n(?:[!#$%&'*+\-.^_`|~\dA-Za-z]+:[\t\x20-\x7e\x80-\xff]*\r\n)*$/
const LENGTH = /^\d{1,15}$/
const TIMEOUT = /(?:^|[\s,;])timeout=(\d{1,9})/i
const CLOSE = /(?:^|[\s,])close(?:$|[\s,])/i

const DEFAULT_IDLE_MS = 4000
const LONGEST_IDLE_MS = 600_000
/** So much earlier than the server says: its clock began when it sent the answer. */
const IDLE_MARGIN_MS = 2000

/** The header fields that say where a body and a connection end; several of a name are one list. */
interface Framing {
  lengths: string | undefined
  codings: string | undefined
  connection: string
  keepAlive: string
}

/**
 * Reads a status line and header lines, each with its line end, without the empty line that ends
 * them (RFC 9112, sections 4, 5, 6.3 and 9.3). A 1xx is read like any other: it has no body.
 */
export function parseResponseHead(text: string): ResponseHead | ResponseFault {
  if (!HEAD.test(text)) return 'not-http'
  const framing: Framing = { lengths: undefined, codings: undefined, connection: '', keepAlive: '' }
  const rawHeaders: string[] = []
  let at = text.indexOf('\r\n') + 2
  while (at < text.length) {
    const end = text.indexOf('\r\n', at)
    const colon = text.indexOf(':', at)
    const name = text.slice(at, colon)
    const value = withoutSpaceAround(text, colon + 1, end)
    rawHeaders.push(name, value)
    note(framing, name, value)
    at = end + 2
  }
  const status = Number(text.slice(9, 12))
  const body = bodyOf(status, framing)
  if (typeof body === 'string' && body !== 'chunked' && body !== 'until-close') return body
  const persists = text.charCodeAt(7) === 0x31 && body !== 'until-close' && !isAmbiguous(framing)
  return { status, rawHeaders, body, idleMs: persists ? idleMsOf(framing) : 0 }
}

function note(framing: Framing, name: string, value: string): void {
  switch (name.length) {
    case 10: {
      const lower = name.toLowerCase()
      if (lower === 'connection') framing.connection += `${value},`
      else if (lower === 'keep-alive') framing.keepAlive += `${value},`
      return
    }
    case 14:
      if (name.toLowerCase() === 'content-length') framing.lengths = joined(framing.lengths, value)
      return
    case 17:
      if (name.toLowerCase() === 'transfer-encoding') {
        framing.codings = joined(framing.codings, value)
      }
  }
}

function bodyOf(
  status: number,
  { lengths, codings }: Framing,
): ResponseHead['body'] | 'bad-length' | 'bad-coding' {
  if (status < 200 || status === 204 || status === 304) return 0
  // A coding beside `chunked` would have to be asked for (RFC 9112, section 7.4), and none is.
  if (codings !== undefined) return codings.toLowerCase() === 'chunked' ? 'chunked' : 'bad-coding'
  if (lengths === undefined) return 'until-close'
  const [length = '', ...others] = lengths.split(',').map((one) => one.trim())
  return LENGTH.test(length) && others.every((one) => one === length)
    ? Number(length)
    : 'bad-length'
}

/** Who sends both may have been talked into it (RFC 9112, section 6.3, rule 3). */
function isAmbiguous({ lengths, codings }: Framing): boolean {
  return lengths !== undefined && codings !== undefined
}

function idleMsOf({ connection, keepAlive }: Framing): number {
  if (connection !== '' && CLOSE.test(connection)) return 0
  const seconds = keepAlive === '' ? undefined : TIMEOUT.exec(keepAlive)?.[1]
  if (seconds === undefined) return DEFAULT_IDLE_MS
  return Math.min(Math.max(0, Number(seconds) * 1000 - IDLE_MARGIN_MS), LONGEST_IDLE_MS)
}

function joined(list: string | undefined, value: string): string {
  return list === undefined ? value : `${list},${value}`
}

/** Not `trim`, which also takes a byte of UTF-8 for a space. */
function withoutSpaceAround(text: string, from: number, to: number): string {
  let start = from
  let end = to
  while (start < end && isSpace(text.charCodeAt(start))) start += 1
  while (end > start && isSpace(text.charCodeAt(end - 1))) end -= 1
  return text.slice(start, end)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}
