const SEED = 0x9747b28c
const FACTOR = 0x5bd1e995

/** The 32-bit murmur2 hash of Kafka's Java client, signed, with its seed. */
export function murmur2(bytes: Uint8Array): number {
  const { length } = bytes
  const view = new DataView(bytes.buffer, bytes.byteOffset, length)
  let hash = SEED ^ length
  let at = 0
  for (; at + 4 <= length; at += 4) {
    let word = Math.imul(view.getInt32(at, true), FACTOR)
    word = Math.imul(word ^ (word >>> 24), FACTOR)
    hash = Math.imul(hash, FACTOR) ^ word
  }
  if (at < length) {
    let tail = 0
    for (let last = length - 1; last >= at; last--) tail = (tail << 8) | (bytes[last] ?? 0)
    hash = Math.imul(hash ^ tail, FACTOR)
  }
  hash = Math.imul(hash ^ (hash >>> 13), FACTOR)
  return hash ^ (hash >>> 15)
}
