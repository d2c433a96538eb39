/** Castagnoli's polynomial, its bits reversed. */
const POLYNOMIAL = 0x82f63b78
/** Bytes that one step takes in, each with a table of its own. */
const STRIDE = 16

/** Table k, from k * 256: what a byte does to the checksum when k bytes follow it in the step. */
const TABLES = new Int32Array(STRIDE * 256)
for (let byte = 0; byte < 256; byte++) {
  let crc = byte
  for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? POLYNOMIAL : 0)
  TABLES[byte] = crc
}
for (let at = 256; at < TABLES.length; at++) {
  const shorter = TABLES[at - 256] ?? 0
  TABLES[at] = (shorter >>> 8) ^ (TABLES[shorter & 255] ?? 0)
}

/** The CRC-32C (RFC 3720, appendix B.4) of the bytes from `start` to the end, unsigned. */
export function crc32c(bytes: Uint8Array, start = 0): number {
  const t = TABLES
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const end = bytes.length
  let crc = -1
  let at = start
  for (; at + STRIDE <= end; at += STRIDE) {
    const b = view.getInt32(at + 4, true)
    const c = view.getInt32(at + 8, true)
    const d = view.getInt32(at + 12, true)
    // What does not wait for the step before comes first.
    const rest =
      (t[2816 + (b & 255)] ?? 0) ^
      (t[2560 + ((b >>> 8) & 255)] ?? 0) ^
      (t[2304 + ((b >>> 16) & 255)] ?? 0) ^
      (t[2048 + (b >>> 24)] ?? 0) ^
      (t[1792 + (c & 255)] ?? 0) ^
      (t[1536 + ((c >>> 8) & 255)] ?? 0) ^
      (t[1280 + ((c >>> 16) & 255)] ?? 0) ^
      (t[1024 + (c >>> 24)] ?? 0) ^
      (t[768 + (d & 255)] ?? 0) ^
      (t[512 + ((d >>> 8) & 255)] ?? 0) ^
      (t[256 + ((d >>> 16) & 255)] ?? 0) ^
      (t[d >>> 24] ?? 0)
    const a = crc ^ view.getInt32(at, true)
    crc =
      rest ^
      (t[3840 + (a & 255)] ?? 0) ^
      (t[3584 + ((a >>> 8) & 255)] ?? 0) ^
      (t[3328 + ((a >>> 16) & 255)] ?? 0) ^
      (t[3072 + (a >>> 24)] ?? 0)
  }
  for (; at < end; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0)
  return ~crc >>> 0
}
