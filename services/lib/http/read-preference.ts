const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c

/**
 * The value of the preference `name` (lower case) in a `Prefer` header, of which several lines are
 * joined with commas: `handling=lenient` and `handling="lenient"` are `lenient`, and a preference
 * without a value is the empty string. The first counts where it is there more than once, and
 * parameters are passed over (RFC 7240, section 2). `undefined` where it is not there.
 */
export function readPreference(prefer: string, name: string): string | undefined {
  for (let at = 0; at < prefer.length; ) {
    const end = endOfMember(prefer, at)
    const member = prefer.slice(at, end)
    const nameEnd = member.search(/[=;]/)
    const found = nameEnd < 0 ? member : member.slice(0, nameEnd)
    if (found.trim().toLowerCase() === name) {
      return member[nameEnd] === '=' ? firstWord(member.slice(nameEnd + 1).trim()) : ''
    }
    at = end + 1
  }
  return undefined
}

/** Where the next comma is that stands in no quoted string; else the end. */
function endOfMember(prefer: string, start: number): number {
  let isQuoted = false
  for (let at = start; at < prefer.length; at++) {
    const code = prefer.charCodeAt(at)
    if (code === QUOTE) isQuoted = !isQuoted
    else if (isQuoted && code === BACKSLASH) at++
    else if (!isQuoted && code === COMMA) return at
  }
  return prefer.length
}

/** The token or quoted string that `text` begins with. */
function firstWord(text: string): string {
  if (text[0] !== '"') return text.split(';', 1)[0]?.trim() ?? ''
  let word = ''
  for (let at = 1; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\') at++
    word += text[at] ?? ''
  }
  return word
}
