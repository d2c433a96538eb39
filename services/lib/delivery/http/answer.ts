import { contentMode } from '#events/content-mode.ts'
import type { CloudEvent } from '#events/event.ts'
import { eventSize } from '#events/event-size.ts'
import { readReply } from '#events/read-reply.ts'
import { Problem } from '#problems/problem.ts'
import type { Outcome } from '../outcome.ts'
import { responseExtensions } from '../response-extensions.ts'
import { retryAfterMs } from '../retry-after.ts'
import { isRetryableStatus } from './is-retryable-status.ts'

/** How much of a failure's body goes into `knativeerrordata`. */
const ERROR_DATA_BYTES = 1024
/** A longer body that nobody needs is not read to its end, which costs its connection. */
const IGNORED_BYTES = 64 * 1024

const NOTHING = Buffer.alloc(0)

/** What an answer ends as; the exchange adds how long it took. */
export type Result = OmitDuration<Outcome>
type OmitDuration<T> = T extends unknown ? Omit<T, 'durationMs'> : never

/**
 * One HTTP answer while it arrives: knows from its head what its body is for, keeps no more of
 * it, and judges it (Knative data plane, "Event Acknowledgement and Delivery Retry" and "Derived
 * (Reply) Events").
 */
export class Answer {
  readonly status: number
  readonly #rawHeaders: readonly string[]
  readonly #isReply: boolean
  readonly #maxReplyBytes: number
  /** Grows with the body, of which a reply may come byte by byte. */
  #kept = NOTHING
  #keptBytes = 0
  #bytes = 0

  /** `rawHeaders` is a flat list of names and values. */
  constructor(
    status: number,
    rawHeaders: readonly string[],
    acceptReply: boolean,
    maxReplyBytes: number,
  ) {
    this.status = status
    // The answer to almost every delivery is a plain 202, of which the headers say nothing.
    this.#rawHeaders = status === 202 ? [] : rawHeaders
    this.#isReply =
      acceptReply && this.isSuccess && status !== 202 && claimsToBeEvent(this.#rawHeaders)
    this.#maxReplyBytes = maxReplyBytes
  }

  get isSuccess(): boolean {
    return this.status >= 200 && this.status < 300
  }

  /** Copies of a piece of the body what it keeps. False: nothing that follows can change the result. */
  add(chunk: Uint8Array): boolean {
    this.#bytes += chunk.length
    const room = this.#keepBytes() - this.#keptBytes
    if (room > 0) this.#keep(chunk.length > room ? chunk.subarray(0, room) : chunk)
    return this.#bytes <= (this.#isReply ? this.#maxReplyBytes : IGNORED_BYTES)
  }

  /** What the answer means, by `now` (milliseconds since 1970). */
  result(now: number): Result {
    if (!this.isSuccess) return this.#failure(now)
    return this.#isReply
      ? this.#reply()
      : { kind: 'delivered', status: this.status, reply: undefined }
  }

  #keep(part: Uint8Array): void {
    const length = this.#keptBytes + part.length
    if (length > this.#kept.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, 2 * this.#kept.length))
      this.#kept.copy(larger, 0, 0, this.#keptBytes)
      this.#kept = larger
    }
    this.#kept.set(part, this.#keptBytes)
    this.#keptBytes = length
  }

  get #body(): Buffer {
    return this.#kept.subarray(0, this.#keptBytes)
  }

  #keepBytes(): number {
    if (this.#isReply) return this.#maxReplyBytes
    return this.isSuccess ? 0 : ERROR_DATA_BYTES
  }

  #failure(now: number): Result {
    const { status } = this
    const isRedirect = status >= 300 && status < 400
    const retryAfter =
      status === 429 || status === 503 ? header(this.#rawHeaders, 'retry-after') : undefined
    const askedMs = retryAfter === undefined ? undefined : retryAfterMs(retryAfter, now)
    const extensions = responseExtensions(this.#rawHeaders)
    return {
      kind: 'failed',
      retryable: isRetryableStatus(status),
      status,
      error: `Answered with status ${status}${isRedirect ? '; redirects are not followed' : ''}`,
      ...(askedMs === undefined ? {} : { retryAfterMs: askedMs }),
      ...(this.#keptBytes === 0 ? {} : { responseData: this.#body }),
      ...(extensions === undefined ? {} : { responseExtensions: extensions }),
    }
  }

  /** A reply that cannot be taken fails the delivery, which is then retried. */
  #reply(): Result {
    if (this.#bytes > this.#maxReplyBytes) return this.#tooLarge()
    let reply: CloudEvent | undefined
    try {
      reply = readReply(this.#rawHeaders, this.#body)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      return { kind: 'failed', retryable: true, error: this.#malformed(error) }
    }
    if (reply !== undefined && eventSize(reply) > this.#maxReplyBytes) return this.#tooLarge()
    return { kind: 'delivered', status: this.status, reply }
  }

  #tooLarge(): Result {
    const error = `Answered ${this.status} with a reply of more than ${this.#maxReplyBytes} bytes`
    return { kind: 'failed', retryable: true, error }
  }

  /** Names the rule and the place only: the rest of a violation may quote the reply. */
  #malformed(problem: Problem): string {
    const violation = problem.violations[0]
    const why = violation === undefined ? '' : `: ${violation.at} breaks rule ${violation.rule}`
    return `Answered ${this.status} with a reply that is not a valid event${why}`
  }
}

function claimsToBeEvent(rawHeaders: readonly string[]): boolean {
  try {
    return contentMode(rawHeaders) !== 'none'
  } catch (error) {
    if (error instanceof Problem) return true
    throw error
  }
}

function header(rawHeaders: readonly string[], name: string): string | undefined {
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    if (rawHeaders[i]?.toLowerCase() === name) return rawHeaders[i + 1]
  }
  return undefined
}
