/** Controls, format characters (bidirectional overrides among them), surrogates, line separators. */
const UNPRINTABLE = /[\p{C}\u2028\u2029]/gu

/**
 * Text of a request as an answer may show it: at most `maxLength` UTF-16 units of it, and every
 * character that a terminal or a browser might obey written as `\u{…}`.
 */
export function printable(text: string, maxLength = 200): string {
  const bounded = text.length > maxLength ? `${text.slice(0, maxLength).toWellFormed()}…` : text
  return bounded.replace(UNPRINTABLE, escaped)
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
