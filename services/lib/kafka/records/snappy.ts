import { copyMatch } from './copy-match.ts'
import { tooLarge } from './too-large.ts'

/** How the Java library begins a stream of blocks, each with its length in front. */
const JAVA_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
/** The magic, and two versions of four bytes. */
const JAVA_HEADER_BYTES = 16

/**
 * Decompresses Snappy: one raw block, or the Java library's stream of them.
 * @throws RangeError when it is neither
 * @throws KafkaError `MESSAGE_TOO_LARGE` when it would have more than `maxBytes`
 */
export function decompressSnappy(bytes: Buffer, maxBytes: number): Buffer {
  if (!bytes.subarray(0, JAVA_MAGIC.length).equals(JAVA_MAGIC)) return readBlock(bytes, maxBytes)
  const blocks: Buffer[] = []
  let left = maxBytes
  for (let at = JAVA_HEADER_BYTES; at < bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    if (end > bytes.length) throw new RangeError('a block ends beyond the input')
    const block = readBlock(bytes.subarray(at + 4, end), left)
    left -= block.length
    blocks.push(block)
    at = end
  }
  return Buffer.concat(blocks)
}

function readBlock(bytes: Buffer, maxBytes: number): Buffer {
  let at = 0
  let size = 0
  for (let scale = 1; ; scale *= 128) {
    const byte = bytes.readUInt8(at++)
    size += (byte & 0x7f) * scale
    if (size > maxBytes) throw tooLarge(maxBytes)
    if (byte < 0x80) break
  }
  const out = Buffer.allocUnsafe(size)
  let end = 0
  while (at < bytes.length) {
    const tag = bytes[at++] ?? 0
    const kind = tag & 3
    let length = (tag >>> 2) + 1
    if (kind === 0) {
      if (length > 60) {
        const width = length - 60
        length = bytes.readUIntLE(at, width) + 1
        at += width
      }
      if (at + length > bytes.length || end + length > size) {
        throw new RangeError('a literal is out of bounds')
      }
      bytes.copy(out, end, at, at + length)
      at += length
      end += length
    } else if (kind === 1) {
      const distance = ((tag >>> 5) << 8) | bytes.readUInt8(at++)
      end = copyMatch(out, end, distance, ((tag >>> 2) & 7) + 4)
    } else {
      const width = kind === 2 ? 2 : 4
      end = copyMatch(out, end, bytes.readUIntLE(at, width), length)
      at += width
    }
  }
  if (end !== size) throw new RangeError('a block has fewer bytes than it says')
  return out
}
