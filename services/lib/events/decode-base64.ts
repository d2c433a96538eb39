/**
 * The bytes that `text` stands for in the standard base64 alphabet with padding (RFC 4648,
 * section 4); `undefined` where it is anything else, unused bits that are not zero included.
 */
export function decodeBase64(text: string): Buffer | undefined {
  if (text.length % 4 !== 0) return undefined
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
