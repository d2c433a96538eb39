/** 2^48 bytes is more than anybody sends. */
const MAX_SIZE_DIGITS = 12
/** Of chunk extensions and trailers, which nobody needs, in all. */
const MAX_IGNORED_BYTES = 16 * 1024

const CR = 0x0d
const LF = 0x0a
const SEMICOLON = 0x3b

type Stage =
  | 'size'
  | 'extension'
  | 'size-end'
  | 'data'
  | 'data-cr'
  | 'data-lf'
  | 'trailer-start'
  | 'trailer'
  | 'trailer-lf'
  | 'last-lf'
  | 'complete'
  | 'faulty'

/**
 * Finds the data in a body of chunks, which may be cut into pieces anywhere (RFC 9112, section
 * 7.1). Chunk extensions and trailers are read and forgotten.
 */
export class ChunkedBody {
  #stage: Stage = 'size'
  #size = 0
  #digits = 0
  #left = 0
  #ignored = 0

  /** Whether the body has been read to its end, trailers included. */
  get isComplete(): boolean {
    return this.#stage === 'complete'
  }

  /** Whether the bytes break the format. Nothing more may be read then. */
  get isFaulty(): boolean {
    return this.#stage === 'faulty'
  }

  /**
   * Reads `bytes` from index `from`, and gives `onData` what is data; it stops where that says
   * false, at the end of the body, and at a fault. Returns the index after what it has read.
   */
  read(bytes: Buffer, from: number, onData: (data: Buffer) => boolean): number {
    let at = from
    while (at < bytes.length && !this.isComplete && !this.isFaulty) {
      if (this.#stage !== 'data') {
        this.#stage = this.#next(bytes[at] ?? 0)
        at += 1
        continue
      }
      const end = Math.min(at + this.#left, bytes.length)
      this.#left -= end - at
      if (this.#left === 0) this.#stage = 'data-cr'
      const wantsMore = onData(bytes.subarray(at, end))
      at = end
      if (!wantsMore) break
    }
    return at
  }

  #next(byte: number): Stage {
    switch (this.#stage) {
      case 'size':
        return this.#sizeByte(byte)
      case 'extension':
        return byte === CR ? 'size-end' : this.#ignore(byte, 'extension')
      case 'size-end':
        return byte === LF ? this.#begin() : 'faulty'
      case 'data-cr':
        return byte === CR ? 'data-lf' : 'faulty'
      case 'data-lf':
        return byte === LF ? 'size' : 'faulty'
      case 'trailer-start':
        if (byte === CR) return 'last-lf'
        return byte === 0x20 || byte === 0x09 ? 'faulty' : this.#ignore(byte, 'trailer')
      case 'trailer':
        return byte === CR ? 'trailer-lf' : this.#ignore(byte, 'trailer')
      case 'trailer-lf':
        return byte === LF ? 'trailer-start' : 'faulty'
      case 'last-lf':
        return byte === LF ? 'complete' : 'faulty'
      default:
        return 'faulty'
    }
  }

  #sizeByte(byte: number): Stage {
    const digit = hexDigit(byte)
    if (digit !== undefined) {
      this.#digits += 1
      this.#size = this.#size * 16 + digit
      return this.#digits > MAX_SIZE_DIGITS ? 'faulty' : 'size'
    }
    if (this.#digits === 0) return 'faulty'
    if (byte === CR) return 'size-end'
    return byte === SEMICOLON ? 'extension' : 'faulty'
  }

  /** The size has been read. */
  #begin(): Stage {
    this.#left = this.#size
    this.#size = 0
    this.#digits = 0
    return this.#left === 0 ? 'trailer-start' : 'data'
  }

  #ignore(byte: number, stage: Stage): Stage {
    this.#ignored += 1
    const isControl = (byte < 0x20 && byte !== 0x09) || byte === 0x7f
    return isControl || this.#ignored > MAX_IGNORED_BYTES ? 'faulty' : stage
  }
}

function hexDigit(byte: number): number | undefined {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30
  const lower = byte | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : undefined
}
