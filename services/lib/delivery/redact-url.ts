import { forbiddenCharacter } from '#events/forbidden-character.ts'

/**
 * A URL as it may be shown and be an attribute's value: without user name and password, otherwise
 * as it was written. What is no URL becomes `about:invalid`.
 */
export function redactUrl(url: string): string {
  const parsed = URL.parse(url)
  if (parsed === null) return 'about:invalid'
  const isBare = parsed.username === '' && parsed.password === ''
  if (isBare && forbiddenCharacter(url) < 0) return url
  parsed.username = ''
  parsed.password = ''
  return parsed.href
}
