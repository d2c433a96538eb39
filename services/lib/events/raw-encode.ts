import { percentEncode } from './percent-encode.ts'

const SPACE = 0x20
const NOT_ASCII = /[^ -~]+/g

/**
 * An attribute's canonical string as an HTTP header value for those who do not decode it, as most
 * SDKs do not: printable ASCII stays as it is. Everything else, and spaces at either end, which
 * HTTP takes away, are percent-encoded (HTTP binding 1.0.2, section 3.1.3.2).
 */
export function rawEncode(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && text.charCodeAt(start) === SPACE) start++
  while (end > start && text.charCodeAt(end - 1) === SPACE) end--
  const inner = text.slice(start, end).replace(NOT_ASCII, percentEncode)
  return '%20'.repeat(start) + inner + '%20'.repeat(text.length - end)
}
