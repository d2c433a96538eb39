import { copyMatch } from './copy-match.ts'
import { tooLarge } from './too-large.ts'

const MAGIC = 0x184d2204
/** Bits of the frame's flags. */
const BLOCK_CHECKSUM = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
/** The bit of a block's size that says it is stored as it is. */
const STORED = 0x80000000
const MIN_MATCH = 4

/**
 * Decompresses one LZ4 frame (LZ4 Frame Format 1.6). Its checksums are passed over, since the
 * batch has its own.
 * @throws RangeError when it is none, or needs a dictionary
 * @throws KafkaError `MESSAGE_TOO_LARGE` when it has more than `maxBytes`
 */
export function decompressLz4(bytes: Buffer, maxBytes: number): Buffer {
  const flags = bytes.readUInt8(4)
  const sizeCode = bytes.readUInt8(5) >>> 4
  if (bytes.readUInt32LE(0) !== MAGIC || flags >>> 6 !== 1 || flags & DICTIONARY || sizeCode < 4) {
    throw new RangeError('it is no LZ4 frame of version 1 without a dictionary')
  }
  const blockBytes = 1 << (8 + 2 * (sizeCode & 7))
  const trailer = flags & BLOCK_CHECKSUM ? 4 : 0
  let out = Buffer.allocUnsafe(Math.min(maxBytes, bytes.length * 2) + blockBytes)
  let end = 0
  let at = flags & CONTENT_SIZE ? 15 : 7
  for (let size = bytes.readUInt32LE(at); size !== 0; size = bytes.readUInt32LE(at)) {
    const blockEnd = at + 4 + (size & ~STORED)
    if (blockEnd > bytes.length) throw new RangeError('a block ends beyond its frame')
    if (end + blockBytes > out.length)
      out = Buffer.concat([out], Math.min(maxBytes, end * 2) + blockBytes)
    const block = bytes.subarray(at + 4, blockEnd)
    end = size & STORED ? end + block.copy(out, end) : readBlock(block, out, end)
    if (end > maxBytes) throw tooLarge(maxBytes)
    at = blockEnd + trailer
  }
  return out.subarray(0, end)
}

/** Reads one block, which may copy from those before it, to `out` from `start`; returns where it ends. */
function readBlock(block: Buffer, out: Buffer, start: number): number {
  let end = start
  let at = 0
  const readLength = (nibble: number): number => {
    let length = nibble
    for (let more = nibble === 15 ? 255 : 0; more === 255; length += more)
      more = block.readUInt8(at++)
    return length
  }
  while (at < block.length) {
    const token = block[at++] ?? 0
    const literals = readLength(token >>> 4)
    if (at + literals > block.length || end + literals > out.length) {
      throw new RangeError('a literal is out of bounds')
    }
    end += block.copy(out, end, at, at + literals)
    at += literals
    if (at === block.length) break
    const distance = block.readUInt16LE(at)
    at += 2
    end = copyMatch(out, end, distance, readLength(token & 15) + MIN_MATCH)
  }
  return end
}
