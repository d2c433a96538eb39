import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { KafkaError } from '../kafka-error.ts'

/** What a batch may grow to: a small one can be made to grow without end. */
const MAX_BYTES = 64 * 1024 * 1024

/**
 * The records of a batch that `codec` compressed, as its attributes name it.
 * @throws KafkaError `UNSUPPORTED_COMPRESSION_TYPE`, or `MESSAGE_TOO_LARGE` beyond 64 MiB
 * @throws Error when the bytes are not what the codec writes
 */
export function decompress(bytes: Buffer, codec: number): Buffer {
  try {
    if (codec === 1) return gunzipSync(bytes, { maxOutputLength: MAX_BYTES })
    if (codec === 4) return zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES })
  } catch (error) {
    if (!isTooLarge(error)) throw error
    throw new KafkaError('MESSAGE_TOO_LARGE', 'its records have more than 64 MiB decompressed')
  }
  throw new KafkaError('UNSUPPORTED_COMPRESSION_TYPE', `nobody knows the compression ${codec}`)
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
