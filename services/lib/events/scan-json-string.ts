/**
 * The end of the JSON string whose opening quote stands at `start`: the index after its closing
 * quote. Where it is no JSON string: the complement (`~`) of the index of the byte that is wrong.
 */
export function scanJsonString(json: Uint8Array, start: number): number {
  if (json[start] !== 0x22) return ~start
  for (let i = start + 1; i < json.length; i++) {
    const byte = json[i] ?? 0
    if (byte === 0x22) return i + 1
    if (byte < 0x20) return ~i
    if (byte !== 0x5c) continue
    const escaped = json[++i]
    if (escaped === 0x75) {
      for (let digit = 1; digit <= 4; digit++) if (!isHex(json[i + digit])) return ~(i + digit)
      i += 4
    } else if (!isEscape(escaped)) {
      return ~i
    }
  }
  return ~json.length
}

/** One of `"` `\` `/` `b` `f` `n` `r` `t`. */
function isEscape(byte: number | undefined): boolean {
  switch (byte) {
    case 0x22:
    case 0x5c:
    case 0x2f:
    case 0x62:
    case 0x66:
    case 0x6e:
    case 0x72:
    case 0x74:
      return true
    default:
      return false
  }
}

function isHex(byte: number | undefined): boolean {
  if (byte === undefined) return false
  const lower = byte | 0x20
  return (byte >= 0x30 && byte <= 0x39) || (lower >= 0x61 && lower <= 0x66)
}
