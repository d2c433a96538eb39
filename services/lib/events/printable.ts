/**
 * Text of a request as a message may show it: all that is not printable ASCII is escaped as in
 * JSON, so that it cannot break a line or turn its direction.
 */
export function printable(text: string): string {
  return text.replace(
    /[^ -~]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
