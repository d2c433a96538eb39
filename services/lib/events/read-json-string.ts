import type { JsonDocument } from './json-document.ts'

/**
 * The value of the JSON string from its opening quote at `start` to after its closing quote at
 * `end`, which have been scanned before. It may have a surrogate without its pair.
 */
export function readJsonString(document: JsonDocument, start: number, end: number): string {
  const { bytes, ascii } = document
  for (let i = start + 1; i < end - 1; i++) {
    if (bytes[i] === 0x5c) return JSON.parse(bytes.toString('utf8', start, end)) as string
  }
  return ascii === undefined
    ? bytes.toString('utf8', start + 1, end - 1)
    : ascii.slice(start + 1, end - 1)
}
