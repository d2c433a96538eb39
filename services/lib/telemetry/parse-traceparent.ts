const LENGTH = 55
const DASH = 0x2d
const ZERO = 0x30
const KNOWN_FLAGS = 0x03

/**
 * Checks a `traceparent` header and returns it in the form in which it is sent on: as it came where
 * it is version 00 with known flags; from a later version, the part that version 00 knows. The
 * trace id is then at 3 to 35, the parent id at 36 to 52, the flags at 53 (W3C Trace Context 2,
 * sections 2.2 and 3.2). Flags other than sampled and random are cleared. A comma anywhere means that
 * several headers were joined, of which none can be trusted.
 *
 * @returns `undefined` where the header is not valid, so that a new trace has to be started
 */
export function parseTraceparent(header: string): string | undefined {
  if (header.length < LENGTH || !hasShape(header)) return undefined
  const isVersion00 = header.startsWith('00')
  if (isVersion00 ? header.length !== LENGTH : header.startsWith('ff')) return undefined
  if (header.length > LENGTH && !isContinued(header)) return undefined
  if (isZero(header, 3, 35) || isZero(header, 36, 52)) return undefined
  const flags = hexValue(header.charCodeAt(54))
  const isKnown = flags <= KNOWN_FLAGS && header.charCodeAt(53) === ZERO
  if (isVersion00 && isKnown) return header
  return `00${header.slice(2, 53)}0${flags & KNOWN_FLAGS}`
}

function hasShape(header: string): boolean {
  for (let at = 0; at < LENGTH; at++) {
    const code = header.charCodeAt(at)
    const isSeparator = at === 2 || at === 35 || at === 52
    if (isSeparator ? code !== DASH : !isLowerHex(code)) return false
  }
  return true
}

/** Whether what follows the part that version 00 knows may follow it. */
function isContinued(header: string): boolean {
  return header.charCodeAt(LENGTH) === DASH && !header.includes(',')
}

function isZero(header: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (header.charCodeAt(at) !== ZERO) return false
  return true
}

function isLowerHex(code: number): boolean {
  return (code >= 0x30 && code <= 0x39) || (code >= 0x61 && code <= 0x66)
}

function hexValue(code: number): number {
  return code <= 0x39 ? code - ZERO : code - 0x57
}
