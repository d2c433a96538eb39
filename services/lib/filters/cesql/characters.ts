const SURROGATE = /[\ud800-\udfff]/

/** All of Unicode's white space, the last of which is U+3000. */
const WHITE_SPACE: ReadonlySet<number> = new Set(
  Array.from({ length: 0x3001 }, (_, code) => code).filter((code) =>
    /\p{White_Space}/u.test(String.fromCharCode(code)),
  ),
)

/** Unicode characters in a text, which are fewer than its UTF-16 units where it has an emoji. */
export function countCharacters(text: string): number {
  if (!SURROGATE.test(text)) return text.length
  let count = 0
  for (let at = 0; at < text.length; at += widthAt(text, at)) count++
  return count
}

/** The characters from the index `start` up to below `end`, from 0; `end` may lie beyond the last. */
export function sliceCharacters(text: string, start: number, end: number): string {
  if (!SURROGATE.test(text)) return text.slice(start, end)
  const from = skipCharacters(text, 0, start)
  return text.slice(from, skipCharacters(text, from, end - start))
}

/** Where so many characters end that begin at `at`, or the text does. */
function skipCharacters(text: string, at: number, count: number): number {
  let end = at
  for (let left = count; left > 0 && end < text.length; left--) end += widthAt(text, end)
  return end
}

/** UTF-16 units of the character at `at`. */
function widthAt(text: string, at: number): number {
  return (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
}

/** The text as the numbers of its Unicode characters. */
export function codePointsOf(text: string): readonly number[] {
  const points: number[] = []
  for (let at = 0; at < text.length; at += widthAt(text, at)) points.push(text.codePointAt(at) ?? 0)
  return points
}

/**
 * The text without white space at its ends, as Unicode defines it: unlike `String.trim`, which
 * takes U+FEFF for white space and leaves U+0085.
 */
export function trimWhiteSpace(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && WHITE_SPACE.has(text.charCodeAt(start))) start++
  while (end > start && WHITE_SPACE.has(text.charCodeAt(end - 1))) end--
  return text.slice(start, end)
}
