/** Bytes of a token (RFC 9110, section 5.6.2). */
const TOKEN = new Uint8Array(128)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  TOKEN[character.charCodeAt(0)] = 1
}

/**
 * Whether `text` is a media type with any parameters, `type/subtype; name=value; name="value"`
 * (RFC 2046, section 1; RFC 9110, section 8.3.1). Everything in it is printable ASCII.
 */
export function isMediaType(text: string): boolean {
  if (text === 'application/json') return true
  const slash = endOfToken(text, 0)
  if (slash === 0 || text[slash] !== '/') return false
  let at = endOfToken(text, slash + 1)
  if (at === slash + 1) return false

  while (at < text.length) {
    at = endOfSpaces(text, at)
    if (text[at] !== ';') return false
    at = endOfSpaces(text, at + 1)
    if (at === text.length || text[at] === ';') continue
    at = endOfParameter(text, at)
    if (at < 0) return false
  }
  return true
}

function endOfParameter(text: string, start: number): number {
  const equals = endOfToken(text, start)
  if (equals === start || text[equals] !== '=') return -1
  if (text[equals + 1] === '"') return endOfQuoted(text, equals + 1)
  const end = endOfToken(text, equals + 1)
  return end === equals + 1 ? -1 : end
}

function endOfQuoted(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text[i]
    if (character === '"') return i + 1
    if (character === '\\') i++
    const code = text.charCodeAt(i)
    if (!(code >= 0x20 && code < 0x7f)) return -1
  }
  return -1
}

function endOfToken(text: string, start: number): number {
  let i = start
  while (TOKEN[text.charCodeAt(i)] === 1) i++
  return i
}

function endOfSpaces(text: string, start: number): number {
  let i = start
  while (text[i] === ' ') i++
  return i
}
