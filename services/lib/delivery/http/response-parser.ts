import { ChunkedBody } from './chunked-body.ts'
import { parseResponseHead, type ResponseFault, type ResponseHead } from './parse-response-head.ts'

/** As much as the ingress takes, and room for the event's own header names. */
const MAX_HEAD_BYTES = 128 * 1024
const HEAD_END = Buffer.from('\r\n\r\n')
/** What every answer begins with. */
const PREFIX = Buffer.from('HTTP/1.')
const NOTHING = Buffer.alloc(0)

/** Who an answer is for. */
export interface ResponseHandler {
  /** The status, which is 200 or more, and all header fields, as a flat list of names and values. */
  onHead(status: number, rawHeaders: readonly string[]): void
  /** A piece of the body. The bytes are only lent until this returns. False: no more is wanted. */
  onBody(bytes: Buffer): boolean
}

type Stage = 'head' | 'length' | 'chunked' | 'until-close' | 'complete'

/**
 * Reads the answers on one connection, one after the other, from bytes that may be cut into pieces
 * anywhere (RFC 9112). It is strict: what could be read in two ways is a fault. Interim answers
 * (1xx) are passed over.
 */
export class ResponseParser {
  #stage: Stage = 'head'
  /** The beginning of a head whose end has not come yet; longer than what is in use. */
  #kept = NOTHING
  #keptBytes = 0
  /** Of the heads that have passed: final and interim ones have one limit together. */
  #headBytes = 0
  #idleMs = 0
  #left = 0
  #chunks: ChunkedBody | undefined

  /** How long the connection may lie idle after this answer, in milliseconds; 0: not at all. */
  get idleMs(): number {
    return this.#idleMs
  }

  /** A new answer is to come. */
  begin(): void {
    this.#stage = 'head'
    this.#headBytes = 0
    this.#idleMs = 0
  }

  /**
   * Reads on. `complete`: the answer has come to its end, and if bytes came after it, the
   * connection must not be used again. `more`: it has not, or the handler wants no more of it.
   */
  read(bytes: Buffer, handler: ResponseHandler): 'more' | 'complete' | ResponseFault {
    let at = 0
    while (this.#stage === 'head') {
      const next = this.#readHead(bytes, at, handler)
      if (typeof next !== 'number') return next
      at = next
    }
    if (this.#stage === 'chunked') return this.#readChunks(bytes, at, handler)
    if (this.#stage === 'until-close') {
      if (at < bytes.length) handler.onBody(bytes.subarray(at))
      return 'more'
    }
    if (this.#left > 0) {
      if (at === bytes.length) return 'more'
      const end = Math.min(at + this.#left, bytes.length)
      this.#left -= end - at
      if (!handler.onBody(bytes.subarray(at, end)) || this.#left > 0) return 'more'
      at = end
    }
    return this.#complete(bytes, at)
  }

  /** The connection has ended in good order. Whether that completes the answer. */
  end(): boolean {
    return this.#stage === 'until-close'
  }

  /** Reads up to the end of a head, and returns the index after it. */
  #readHead(
    bytes: Buffer,
    from: number,
    handler: ResponseHandler,
  ): number | 'more' | ResponseFault {
    const whole = this.#keptBytes === 0
    const known = this.#keptBytes
    if (!whole) this.#keep(bytes, from)
    const source = whole ? bytes : this.#kept.subarray(0, this.#keptBytes)
    const start = whole ? from : 0
    const end = source.indexOf(HEAD_END, Math.max(start, known - HEAD_END.length + 1))
    const next = end < 0 ? source.length : end + HEAD_END.length
    if (this.#headBytes + next - start > MAX_HEAD_BYTES) return 'head-too-large'
    if (end < 0) {
      if (whole) this.#keep(bytes, from)
      return isBeginning(this.#kept.subarray(0, this.#keptBytes), known) ? 'more' : 'not-http'
    }
    this.#headBytes += next - start
    this.#keptBytes = 0
    this.#kept = NOTHING
    const head = parseResponseHead(source.toString('latin1', start, end + 2))
    if (typeof head === 'string') return head
    if (head.status === 101) return 'switched-protocol'
    if (head.status >= 200) this.#begin(head, handler)
    return whole ? next : from + next - known
  }

  #begin({ status, rawHeaders, body, idleMs }: ResponseHead, handler: ResponseHandler): void {
    this.#idleMs = idleMs
    if (typeof body === 'number') {
      this.#stage = 'length'
      this.#left = body
    } else {
      this.#stage = body
      this.#chunks = body === 'chunked' ? new ChunkedBody() : undefined
    }
    handler.onHead(status, rawHeaders)
  }

  #readChunks(
    bytes: Buffer,
    from: number,
    handler: ResponseHandler,
  ): 'more' | 'complete' | ResponseFault {
    const chunks = this.#chunks
    if (chunks === undefined) return 'bad-chunk'
    const at = chunks.read(bytes, from, (data) => handler.onBody(data))
    if (chunks.isFaulty) return 'bad-chunk'
    return chunks.isComplete ? this.#complete(bytes, at) : 'more'
  }

  #complete(bytes: Buffer, at: number): 'complete' {
    this.#stage = 'complete'
    this.#chunks = undefined
    if (at < bytes.length) this.#idleMs = 0
    return 'complete'
  }

  #keep(bytes: Buffer, from: number): void {
    const length = this.#keptBytes + bytes.length - from
    if (length > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#kept.length, 1024))
      this.#kept.copy(larger, 0, 0, this.#keptBytes)
      this.#kept = larger
    }
    bytes.copy(this.#kept, this.#keptBytes, from)
    this.#keptBytes = length
  }
}

/**
 * Whether `bytes` may still become a head, of which the first `known` have been looked at: what is
 * no HTTP ends at once, and not at the deadline.
 */
function isBeginning(bytes: Buffer, known: number): boolean {
  if (known < PREFIX.length) {
    const length = Math.min(bytes.length, PREFIX.length)
    if (bytes.compare(PREFIX, 0, length, 0, length) !== 0) return false
  }
  for (let at = bytes.indexOf(0x0a, known); at >= 0; at = bytes.indexOf(0x0a, at + 1)) {
    if (bytes[at - 1] !== 0x0d) return false
  }
  return true
}
