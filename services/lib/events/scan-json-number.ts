/**
 * The end of the JSON number that begins at `start`, or the complement (`~`) of the index of the
 * byte that is wrong. Its size does not matter: nothing is converted.
 */
export function scanJsonNumber(json: Uint8Array, start: number): number {
  let i = json[start] === 0x2d ? start + 1 : start
  const integerEnd = json[i] === 0x30 ? i + 1 : skipDigits(json, i)
  if (integerEnd === i) return ~i
  i = integerEnd
  if (json[i] === 0x2e) {
    const fractionEnd = skipDigits(json, i + 1)
    if (fractionEnd === i + 1) return ~fractionEnd
    i = fractionEnd
  }
  if (((json[i] ?? 0) | 0x20) !== 0x65) return i
  const sign = json[i + 1]
  const exponent = sign === 0x2b || sign === 0x2d ? i + 2 : i + 1
  const exponentEnd = skipDigits(json, exponent)
  return exponentEnd === exponent ? ~exponent : exponentEnd
}

function skipDigits(json: Uint8Array, start: number): number {
  let i = start
  for (; i < json.length; i++) {
    const byte = json[i] ?? 0
    if (byte < 0x30 || byte > 0x39) break
  }
  return i
}
