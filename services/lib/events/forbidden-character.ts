/**
 * Where `text` has a character that an attribute value must not contain, or -1: control characters,
 * noncharacters, and surrogates that are not a pair (CloudEvents 1.0.2, Type System, String).
 */
export function forbiddenCharacter(text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code >= 0x20 && code < 0x7f) continue
    if (code < 0xa0) return i
    if (code < 0xd800) continue
    const point = text.codePointAt(i) ?? 0
    if (point >= 0xd800 && point <= 0xdfff) return i
    if (point >= 0xfdd0 && point <= 0xfdef) return i
    if ((point & 0xfffe) === 0xfffe) return i
    if (point > 0xffff) i++
  }
  return -1
}
