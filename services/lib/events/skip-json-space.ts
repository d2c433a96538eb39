/** The first byte from `start` on that is no JSON white space; the length where there is none. */
export function skipJsonSpace(json: Uint8Array, start: number): number {
  let i = start
  while (i < json.length) {
    const byte = json[i]
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return i
    i++
  }
  return i
}
