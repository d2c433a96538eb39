const SURROGATE = /[\ud800-\udfff]/
const WHITE_SPACE = /\p{White_Space}/u

/** Unicode characters in a text, which are fewer than its UTF-16 units where it has an emoji. */
export function countCharacters(text: string): number {
  return SURROGATE.test(text) ? Array.from(text).length : text.length
}

/** The characters from the index `start` up to below `end`, from 0; `end` may lie beyond the last. */
export function sliceCharacters(text: string, start: number, end: number): string {
  if (!SURROGATE.test(text)) return text.slice(start, end)
  return Array.from(text).slice(start, end).join('')
}

/** The text as the numbers of its Unicode characters. */
export function codePointsOf(text: string): readonly number[] {
  const points: number[] = []
  for (let at = 0; at < text.length; at++) {
    const point = text.codePointAt(at) ?? 0
    points.push(point)
    if (point > 0xffff) at++
  }
  return points
}

/**
 * The text without white space at its ends, as Unicode defines it: unlike `String.trim`, which
 * takes U+FEFF for white space and leaves U+0085.
 */
export function trimWhiteSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && WHITE_SPACE.test(text.charAt(start))) start++
  while (end > start && WHITE_SPACE.test(text.charAt(end - 1))) end--
  return text.slice(start, end)
}
