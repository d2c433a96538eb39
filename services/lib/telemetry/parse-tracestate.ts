const MAX_MEMBERS = 32
const MAX_KEY_LENGTH = 256
const MAX_VALUE_LENGTH = 256
/** Every participant passes on at least this many characters; Sluice passes on no more. */
const MAX_LENGTH = 512
/** Longer members are the first to go. */
const LONG_MEMBER = 128

/**
 * Checks a `tracestate` header and returns what is sent on: the header as it came, or, over 512
 * characters, without whole members: those longer than 128 first, then from the end (W3C Trace
 * Context 2, section 3.3).
 *
 * @returns `undefined` where the header is empty or not valid, so that it is left out
 */
export function parseTracestate(header: string): string | undefined {
  const members: string[] = []
  for (const part of header.split(',')) {
    const member = trimSpace(part)
    if (member === '') continue
    if (members.length === MAX_MEMBERS || !isMember(member)) return undefined
    members.push(member)
  }
  if (members.length === 0) return undefined
  return header.length <= MAX_LENGTH ? header : shorten(members)
}

function isMember(member: string): boolean {
  const equals = member.indexOf('=')
  return isKey(member.slice(0, Math.max(equals, 0))) && isValue(member.slice(equals + 1))
}

function isKey(key: string): boolean {
  if (key.length === 0 || key.length > MAX_KEY_LENGTH) return false
  for (let at = 0; at < key.length; at++) {
    const code = key.charCodeAt(at)
    const isAlphanumeric = (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39)
    if (!isAlphanumeric && (at === 0 || !'_-*/@'.includes(key.charAt(at)))) return false
  }
  return true
}

function isValue(value: string): boolean {
  if (value.length === 0 || value.length > MAX_VALUE_LENGTH) return false
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at)
    if (code < 0x20 || code > 0x7e || code === 0x3d) return false
  }
  return true
}

/** Without the spaces and tabs that may stand around a member. */
function trimSpace(part: string): string {
  let from = 0
  let to = part.length
  while (from < to && isSpace(part.charCodeAt(from))) from++
  while (to > from && isSpace(part.charCodeAt(to - 1))) to--
  return part.slice(from, to)
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09
}

function shorten(members: readonly string[]): string | undefined {
  const kept = [...members]
  let length = kept.join(',').length
  const drop = (at: number) => {
    length -= (kept[at]?.length ?? 0) + 1
    kept.splice(at, 1)
  }
  for (let at = kept.length - 1; at >= 0 && length > MAX_LENGTH; at--) {
    if ((kept[at]?.length ?? 0) > LONG_MEMBER) drop(at)
  }
  while (length > MAX_LENGTH) drop(kept.length - 1)
  return kept.length === 0 ? undefined : kept.join(',')
}
