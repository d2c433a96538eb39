/** Writes a 32-bit integer as a varint, zig-zag encoded; returns where it ends. */
export function writeVarint(into: Uint8Array, start: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0
  let at = start
  while (rest > 0x7f) {
    into[at++] = (rest & 0x7f) | 0x80
    rest >>>= 7
  }
  into[at++] = rest
  return at
}

/** Writes an integer of up to 52 bits as a varint, zig-zag encoded; returns where it ends. */
export function writeVarlong(into: Uint8Array, start: number, value: number): number {
  if (value === (value | 0)) return writeVarint(into, start, value)
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  let at = start
  while (rest > 0x7f) {
    into[at++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  into[at++] = rest
  return at
}

/** The bytes of a length as a varint, zig-zag encoded. */
export function varintBytes(length: number): number {
  if (length < 0x40) return 1
  if (length < 0x2000) return 2
  if (length < 0x100000) return 3
  return length < 0x8000000 ? 4 : 5
}

/** Writes a safe integer as eight bytes, the highest first. */
export function writeInt64(into: Buffer, at: number, value: number): void {
  const high = Math.floor(value / 0x100000000)
  into.writeInt32BE(high, at)
  into.writeUInt32BE(value - high * 0x100000000, at + 4)
}
