const PERCENT_XX = Array.from(
  { length: 256 },
  (_, byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
)

/**
 * An attribute's canonical string as an HTTP header value: space, `"`, `%` and everything outside
 * U+0021 to U+007E becomes the percent-encoded bytes of its UTF-8, and nothing else does
 * (HTTP binding 1.0.2, section 3.1.3.2).
 */
export function percentEncode(text: string): string {
  for (let i = 0; i < text.length; i++) {
    if (isEncoded(text.charCodeAt(i))) return encodeFrom(text, i)
  }
  return text
}

function encodeFrom(text: string, start: number): string {
  let encoded = text.slice(0, start)
  for (const byte of Buffer.from(text.slice(start), 'utf8')) {
    encoded += isEncoded(byte) ? PERCENT_XX[byte] : String.fromCharCode(byte)
  }
  return encoded
}

function isEncoded(code: number): boolean {
  return code <= 0x20 || code >= 0x7f || code === 0x22 || code === 0x25
}
