import { isExtensionName } from './is-extension-name.ts'

const PREFIX = 'kne-'
const MOST_EXTENSIONS = 16
const MOST_CHARACTERS = 1024
/** What no attribute value may contain (CloudEvents 1.0.2, Type System, String). */
const FORBIDDEN = /[\p{Cc}\p{Noncharacter_Code_Point}\p{Surrogate}]/gu

/**
 * The extension attributes that a subscriber asks to add to a dead letter by `Kne-<name>` response
 * headers (a flat list of names and values): those with a legal name and a value that is not empty,
 * at most 16 of 1024 characters each. Everything else is ignored, and forbidden characters in
 * values are left out. `undefined` where nothing remains.
 */
export function responseExtensions(
  rawHeaders: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const extensions = new Map<string, string>()
  for (let i = 0; i + 1 < rawHeaders.length && extensions.size < MOST_EXTENSIONS; i += 2) {
    const header = rawHeaders[i]?.toLowerCase() ?? ''
    if (!header.startsWith(PREFIX)) continue
    const name = header.slice(PREFIX.length)
    const value = clean(rawHeaders[i + 1] ?? '')
    if (value !== '' && isExtensionName(name) && !extensions.has(name)) extensions.set(name, value)
  }
  return extensions.size === 0 ? undefined : Object.fromEntries(extensions)
}

/** Header values come as Latin-1; what they hold beyond ASCII is taken for UTF-8. */
function clean(value: string): string {
  const text = Buffer.from(value, 'latin1').toString('utf8').replace(FORBIDDEN, '')
  return text.length <= MOST_CHARACTERS ? text : text.slice(0, MOST_CHARACTERS).toWellFormed()
}
