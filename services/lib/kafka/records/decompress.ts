import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { KafkaError } from '../kafka-error.ts'
import { decompressLz4 } from './lz4.ts'
import { decompressSnappy } from './snappy.ts'
import { tooLarge } from './too-large.ts'

/** What a batch may grow to: a small one can be made to grow without end. */
const MAX_BYTES = 64 * 1024 * 1024

const CODECS: readonly ((bytes: Buffer) => Buffer)[] = [
  (bytes) => bytes,
  (bytes) => gunzipSync(bytes, { maxOutputLength: MAX_BYTES }),
  (bytes) => decompressSnappy(bytes, MAX_BYTES),
  (bytes) => decompressLz4(bytes, MAX_BYTES),
  (bytes) => zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }),
]

/**
 * The records of a batch that `codec` compressed, as its attributes number it.
 * @throws KafkaError `UNSUPPORTED_COMPRESSION_TYPE`, or `MESSAGE_TOO_LARGE` beyond 64 MiB, with
 *   messages that go on a sentence
 * @throws Error when the bytes are not what the codec writes
 */
export function decompress(bytes: Buffer, codec: number): Buffer {
  const read = CODECS[codec]
  if (read === undefined) {
    throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `its compression ${codec} is unknown`)
  }
  try {
    return read(bytes)
  } catch (error) {
    throw isTooLarge(error) ? tooLarge(MAX_BYTES) : error
  }
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
