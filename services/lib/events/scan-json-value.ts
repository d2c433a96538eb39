import { scanJsonNumber } from './scan-json-number.ts'
import { scanJsonString } from './scan-json-string.ts'
import { skipJsonSpace } from './skip-json-space.ts'

/** Deeper documents are refused: many a subscriber's parser stops here, or dies. */
const MAX_DEPTH = 1000

const OBJECT = 1
const ARRAY = 2
/** What is open around the current value. One scan runs at a time, so all can share it. */
const open = new Uint8Array(MAX_DEPTH)

/**
 * The end of the JSON value (RFC 8259) that begins at `start`, white space not included; or the
 * complement (`~`) of the index of the byte that is wrong or nests deeper than 1000 levels.
 * Takes bytes of valid UTF-8, makes nothing of them, and does not recurse.
 */
export function scanJsonValue(json: Uint8Array, start: number): number {
  let depth = 0
  let i = start
  for (;;) {
    const byte = json[i]
    if (byte === 0x7b || byte === 0x5b) {
      const isObject = byte === 0x7b
      const first = skipJsonSpace(json, i + 1)
      if (json[first] === byte + 2) {
        i = first + 1
      } else {
        if (depth === MAX_DEPTH) return ~i
        open[depth++] = isObject ? OBJECT : ARRAY
        i = isObject ? scanKey(json, first) : first
        if (i < 0) return i
        continue
      }
    } else {
      i = scanScalar(json, i, byte)
      if (i < 0) return i
    }

    // After a value: leave all that ends here, and go on where another one follows.
    for (;;) {
      if (depth === 0) return i
      const isObject = open[depth - 1] === OBJECT
      i = skipJsonSpace(json, i)
      const next = json[i]
      if (next === 0x2c) {
        i = skipJsonSpace(json, i + 1)
        if (isObject) i = scanKey(json, i)
        if (i < 0) return i
        break
      }
      if (next !== (isObject ? 0x7d : 0x5d)) return ~i
      depth--
      i++
    }
  }
}

/** From a member's name to where its value begins. */
function scanKey(json: Uint8Array, start: number): number {
  const end = scanJsonString(json, start)
  if (end < 0) return end
  const colon = skipJsonSpace(json, end)
  return json[colon] === 0x3a ? skipJsonSpace(json, colon + 1) : ~colon
}

function scanScalar(json: Uint8Array, start: number, byte: number | undefined): number {
  switch (byte) {
    case 0x22:
      return scanJsonString(json, start)
    case 0x74:
      return scanLiteral(json, start, 'true')
    case 0x66:
      return scanLiteral(json, start, 'false')
    case 0x6e:
      return scanLiteral(json, start, 'null')
    default:
      return scanJsonNumber(json, start)
  }
}

function scanLiteral(json: Uint8Array, start: number, literal: string): number {
  for (let i = 0; i < literal.length; i++) {
    if (json[start + i] !== literal.charCodeAt(i)) return ~(start + i)
  }
  return start + literal.length
}
