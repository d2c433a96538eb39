/** A 53-bit number in groups of 7 bits. */
const MAX_VARINT_BYTES = 8

/**
 * Ascending offsets as bytes: for each, one less than its distance from the one before (the first
 * from -1), as a little-endian base-128 varint. Neighbours take one byte each.
 * @throws RangeError when the offsets do not rise, or are no integers from 0 to 2^53 - 1.
 */
export function encodeOffsets(offsets: readonly number[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(offsets.length * MAX_VARINT_BYTES)
  let length = 0
  let previous = -1
  for (const offset of offsets) {
    if (!(Number.isSafeInteger(offset) && offset > previous)) {
      throw new RangeError(`Cannot encode offset ${offset} after ${previous}: offsets must rise`)
    }
    let rest = offset - previous - 1
    while (rest >= 0x80) {
      bytes[length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    bytes[length++] = rest
    previous = offset
  }
  return bytes.subarray(0, length)
}

/**
 * The offsets that {@link encodeOffsets} wrote.
 * @throws Error when the bytes end within a number.
 */
export function decodeOffsets(bytes: Uint8Array): number[] {
  const offsets: number[] = []
  let previous = -1
  let distance = 0
  let factor = 1
  for (const byte of bytes) {
    distance += (byte & 0x7f) * factor
    if (byte >= 0x80) {
      factor *= 0x80
      continue
    }
    previous += distance + 1
    offsets.push(previous)
    distance = 0
    factor = 1
  }
  if (factor !== 1) throw new Error('Cannot decode offsets: the bytes end within a number')
  return offsets
}
