const SLOTS = 256
const LONGEST = 40

/**
 * Reads the names of record headers. The short ASCII ones are remembered, as many as there are
 * slots, so that a name that was read before costs neither a decoding nor a new string.
 */
export class HeaderNames {
  readonly #slots: string[] = Array.from({ length: SLOTS }, () => '')

  read(bytes: Buffer, start: number, end: number): string {
    if (end - start > LONGEST) return bytes.toString('utf8', start, end)
    let hash = end - start
    let bits = 0
    for (let at = start; at < end; at++) {
      const byte = bytes[at] ?? 0
      bits |= byte
      hash = (hash * 31 + byte) | 0
    }
    if (bits > 0x7f) return bytes.toString('utf8', start, end)
    const slot = (hash ^ (hash >>> 8)) & (SLOTS - 1)
    const known = this.#slots[slot] ?? ''
    if (isAt(known, bytes, start, end)) return known
    const name = bytes.toString('latin1', start, end)
    this.#slots[slot] = name
    return name
  }
}

function isAt(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false
  for (let i = 0; i < name.length; i++) if (name.charCodeAt(i) !== bytes[start + i]) return false
  return true
}
