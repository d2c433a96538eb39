import { isUtf8 } from 'node:buffer'
import { addViolation } from './add-violation.ts'
import type { Findings } from './findings.ts'
import { forbiddenCharacter } from './forbidden-character.ts'
import { quote } from './quote.ts'

/**
 * The value of the attribute `name` from its header: double-quoted strings are unescaped, then
 * one round of percent-decoding (HTTP binding 1.0.2, section 3.1.3.2).
 *
 * `raw` is what Node hands out: one character per byte. Bytes outside ASCII, which HTTP does not
 * allow there, are taken as UTF-8 where they are valid UTF-8, and refused otherwise.
 *
 * Adds a violation and returns `undefined` where that cannot be done; one for a character that no
 * attribute may contain.
 */
export function readHeaderValue(raw: string, name: string, findings: Findings): string | undefined {
  for (let i = 0; i < raw.length; i++) {
    const code = raw.charCodeAt(i)
    if (code < 0x20 || code >= 0x7f || code === 0x22 || code === 0x25) {
      return decode(raw, name, findings)
    }
  }
  return raw
}

function decode(raw: string, name: string, findings: Findings): string | undefined {
  const bytes = Buffer.from(raw, 'latin1')
  if (!isUtf8(bytes)) {
    addViolation(findings, 'H11', name, 'has bytes that are not UTF-8; percent-encode them')
    return undefined
  }
  const unquoted = unquote(bytes.toString('utf8'))
  if (unquoted === undefined) {
    addViolation(findings, 'H9', name, `has a double-quoted string without an end: ${quote(raw)}`)
    return undefined
  }
  const value = percentDecode(unquoted)
  if (value === undefined) {
    addViolation(findings, 'H10', name, `is not percent-encoded UTF-8: ${quote(unquoted)}`)
    return undefined
  }
  const forbidden = forbiddenCharacter(value)
  if (forbidden >= 0) {
    const code = value.charCodeAt(forbidden).toString(16).toUpperCase().padStart(4, '0')
    addViolation(findings, 'T3', name, `must not contain U+${code}, at character ${forbidden}`)
  }
  return value
}

/** Backslashes escape only inside quotes (RFC 7230, section 3.2.6). */
function unquote(text: string): string | undefined {
  if (!text.includes('"')) return text
  let unquoted = ''
  let isQuoted = false
  for (let i = 0; i < text.length; i++) {
    const character = text[i]
    if (character === '"') isQuoted = !isQuoted
    else if (isQuoted && character === '\\') unquoted += text[++i] ?? ''
    else unquoted += character
  }
  return isQuoted ? undefined : unquoted
}

function percentDecode(text: string): string | undefined {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
