import { isAscii, isUtf8 } from 'node:buffer'
import { Problem } from '#problems/problem.ts'

/** From this size on, a slice of the text would keep too much memory alive for too little. */
const MAX_TEXT_BYTES = 16 * 1024

/** A body that is JSON text, to be scanned byte by byte. */
export interface JsonDocument {
  readonly bytes: Buffer
  /** One character per byte, where all of them are ASCII and they are few: cheaper to slice. */
  readonly ascii: string | undefined
}

/**
 * Opens a body as JSON text, which is UTF-8 without a byte order mark (RFC 8259, section 8.1).
 * Nothing else is checked yet. Throws the Problem `event-invalid` where it is not.
 */
export function openJsonDocument(body: Uint8Array): JsonDocument {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  if (isAscii(bytes)) {
    const ascii = bytes.length <= MAX_TEXT_BYTES ? bytes.toString('latin1') : undefined
    return { bytes, ascii }
  }
  if (!isUtf8(bytes)) throw invalidText('is not UTF-8')
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
    throw invalidText('begins with a byte order mark')
  }
  return { bytes, ascii: undefined }
}

function invalidText(detail: string): Problem {
  return new Problem('event-invalid', `Cannot read the event: the body ${detail}`, {
    violations: [{ rule: 'J15', at: '', detail }],
  })
}
