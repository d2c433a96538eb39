import { addViolation } from './add-violation.ts'
import type { AttributeValue } from './event.ts'
import type { Findings } from './findings.ts'
import { forbiddenCharacter } from './forbidden-character.ts'
import type { JsonDocument } from './json-document.ts'
import { readJsonString } from './read-json-string.ts'

const MAX_INTEGER = 2147483647
const MIN_INTEGER = -2147483648

/**
 * The attribute value that the JSON value from `start` to `end` stands for: a string, a boolean,
 * or an integer of 32 bits; `undefined` for null, which is the same as no attribute (JSON format
 * 1.0.2, sections 2.2 and 2.3). Anything else adds a violation and is `undefined` too.
 */
export function readAttributeValue(
  document: JsonDocument,
  start: number,
  end: number,
  name: string,
  findings: Findings,
): AttributeValue | undefined {
  switch (document.bytes[start]) {
    case 0x22:
      return readText(document, start, end, name, findings)
    case 0x74:
      return true
    case 0x66:
      return false
    case 0x6e:
      return undefined
    case 0x7b:
    case 0x5b:
      addViolation(findings, 'T8', name, 'must be a string, a boolean or an integer')
      return undefined
    default:
      return readInteger(document, start, end, name, findings)
  }
}

function readText(
  document: JsonDocument,
  start: number,
  end: number,
  name: string,
  findings: Findings,
): string {
  const { bytes, ascii } = document
  if (ascii !== undefined && isPlain(bytes, start + 1, end - 1))
    return ascii.slice(start + 1, end - 1)
  const text = readJsonString(document, start, end)
  const forbidden = forbiddenCharacter(text)
  if (forbidden >= 0) {
    const code = text.charCodeAt(forbidden).toString(16).toUpperCase().padStart(4, '0')
    addViolation(findings, 'T3', name, `must not contain U+${code}, at character ${forbidden}`)
  }
  return text
}

/** Whether no byte is escaped, a control character or outside ASCII: what nearly all values are. */
function isPlain(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] ?? 0
    if (byte === 0x5c || byte >= 0x7f) return false
  }
  return true
}

/** JSON's own grammar has already excluded `+` and leading zeros. */
function readInteger(
  document: JsonDocument,
  start: number,
  end: number,
  name: string,
  findings: Findings,
): number | undefined {
  const { bytes } = document
  let value = 0
  let isInteger = end - start <= 11
  for (let i = bytes[start] === 0x2d ? start + 1 : start; i < end && isInteger; i++) {
    const digit = (bytes[i] ?? 0) - 0x30
    isInteger = digit >= 0 && digit <= 9
    value = value * 10 + digit
  }
  if (bytes[start] === 0x2d) value = 0 - value
  if (isInteger && value >= MIN_INTEGER && value <= MAX_INTEGER) return value
  addViolation(
    findings,
    'T2',
    name,
    `must be an integer from ${MIN_INTEGER} to ${MAX_INTEGER} where it is a number`,
  )
  return undefined
}
