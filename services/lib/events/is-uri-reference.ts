import { isIPv6 } from 'node:net'

/** What a character may be part of, one bit each. */
const SEGMENT = 1
const QUERY = 2
const USER = 4
const HOST = 8
const SCHEME = 16

const PARTS = new Uint8Array(128)
const UNRESERVED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~'
allow(`${UNRESERVED}!$&'()*+,;=`, SEGMENT | QUERY | USER | HOST)
allow(':', SEGMENT | QUERY | USER)
allow('@', SEGMENT | QUERY)
allow('/', SEGMENT | QUERY)
allow('?', QUERY)
allow('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-.', SCHEME)

function allow(characters: string, parts: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i)
    PARTS[code] = (PARTS[code] ?? 0) | parts
  }
}

/** Whether `text` is a URI-reference (RFC 3986, section 4.1), which may be relative, or empty. */
export function isUriReference(text: string): boolean {
  const hash = text.indexOf('#')
  if (hash >= 0 && !consistsOf(text, hash + 1, text.length, QUERY)) return false
  const end = hash < 0 ? text.length : hash
  const colon = endOfScheme(text, end)
  if (colon === undefined) return false
  return isHierarchy(text, colon + 1, end)
}

/** Whether `text` is an absolute URI, with a scheme and without a fragment (RFC 3986, section 4.3). */
export function isAbsoluteUri(text: string): boolean {
  if (text.includes('#')) return false
  const colon = endOfScheme(text, text.length)
  return colon !== undefined && colon > 0 && isHierarchy(text, colon + 1, text.length)
}

/**
 * Where the colon after the scheme stands; -1 where there is no scheme; undefined where the first
 * segment has a colon and is no scheme, which neither grammar allows.
 */
function endOfScheme(text: string, end: number): number | undefined {
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x2f || code === 0x3f) return -1
    if (code !== 0x3a) continue
    const first = text.charCodeAt(0) | 0x20
    const isScheme = first >= 0x61 && first <= 0x7a && consistsOf(text, 0, i, SCHEME)
    return isScheme ? i : undefined
  }
  return -1
}

function isHierarchy(text: string, start: number, end: number): boolean {
  const question = text.indexOf('?', start)
  const hasQuery = question >= 0 && question < end
  if (hasQuery && !consistsOf(text, question + 1, end, QUERY)) return false
  const pathEnd = hasQuery ? question : end
  if (!text.startsWith('//', start)) return consistsOf(text, start, pathEnd, SEGMENT)

  const slash = text.indexOf('/', start + 2)
  const authorityEnd = slash >= 0 && slash < pathEnd ? slash : pathEnd
  return (
    isAuthority(text.slice(start + 2, authorityEnd)) &&
    consistsOf(text, authorityEnd, pathEnd, SEGMENT)
  )
}

function isAuthority(authority: string): boolean {
  const at = authority.indexOf('@')
  if (at > 0 && !consistsOf(authority, 0, at, USER)) return false
  const bracket = authority.indexOf(']')
  const colon = authority.indexOf(':', Math.max(at, bracket) + 1)
  const hostEnd = colon < 0 ? authority.length : colon
  for (let i = hostEnd + 1; i < authority.length; i++) {
    const code = authority.charCodeAt(i)
    if (code < 0x30 || code > 0x39) return false
  }
  if (authority[at + 1] !== '[') return consistsOf(authority, at + 1, hostEnd, HOST)
  return bracket === hostEnd - 1 && isAddress(authority.slice(at + 2, bracket))
}

/** What stands in brackets: an IPv6 address without a zone, or an IPvFuture. */
function isAddress(text: string): boolean {
  if (!text.startsWith('v') && !text.startsWith('V')) return isIPv6(text) && !text.includes('%')
  const dot = text.indexOf('.')
  if (dot < 2 || dot === text.length - 1) return false
  for (let i = 1; i < dot; i++) if (!isHex(text.charCodeAt(i))) return false
  return !text.includes('%') && consistsOf(text, dot + 1, text.length, USER)
}

function consistsOf(text: string, start: number, end: number, part: number): boolean {
  for (let i = start; i < end; i++) {
    const code = text.charCodeAt(i)
    if (code === 0x25 && part !== SCHEME) {
      if (i + 2 >= end || !isHex(text.charCodeAt(i + 1)) || !isHex(text.charCodeAt(i + 2)))
        return false
      i += 2
    } else if (code > 0x7f || ((PARTS[code] ?? 0) & part) === 0) {
      return false
    }
  }
  return true
}

function isHex(code: number): boolean {
  const lower = code | 0x20
  return (code >= 0x30 && code <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}
