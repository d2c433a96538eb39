const SURROGATE = /[\ud800-\udfff]/

/**
 * How many characters a string has, as JSON Schema counts them: by code point, where a lone
 * surrogate counts as one. Text without surrogates is not walked through.
 */
export function codePointLength(text: string): number {
  if (!SURROGATE.test(text)) return text.length
  let length = 0
  for (const _ of text) length++
  return length
}
