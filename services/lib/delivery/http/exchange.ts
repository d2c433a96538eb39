import type { Dispatcher } from 'undici'
import type { Cancel } from '#time/clock.ts'
import type { Outcome } from '../outcome.ts'
import { Answer, type Result } from './answer.ts'
import type { Connection } from './connection.ts'
import { transportFailure } from './transport-failure.ts'

export interface ExchangeParts {
  readonly connection: Connection
  /** Host and port, for error messages. */
  readonly host: string
  readonly timeoutMs: number
  readonly acceptReply: boolean
  readonly maxReplyBytes: number
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Called once. `reusable`: the answer was read to its end. */
  readonly onEnd: (exchange: Exchange, outcome: Outcome, reusable: boolean) => void
}

/**
 * One request and its answer, as undici reports on it, until the first of: the end of the answer,
 * enough of it, an error, the deadline, an interruption. What comes later is ignored. A failure
 * status counts as soon as it is there, since no body can make it better.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #parts: ExchangeParts
  readonly #started = performance.now()
  #answer: Answer | undefined
  #ended = false
  /** Stops the timer of the deadline. */
  cancelTimer: Cancel = () => {}

  constructor(parts: ExchangeParts) {
    this.#parts = parts
  }

  get connection(): Connection {
    return this.#parts.connection
  }

  /** The deadline has passed. */
  expire(): void {
    const { host, timeoutMs } = this.#parts
    this.#breakOff(`${host} did not answer in full within ${timeoutMs} ms`)
  }

  /** The caller does not want the answer any more. */
  interrupt(): void {
    const error = 'Interrupted by this process'
    this.#end({ kind: 'failed', retryable: true, error }, false)
  }

  onRequestStart(): void {}

  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#ended) return
    const { acceptReply, maxReplyBytes } = this.#parts
    this.#answer = new Answer(status, bytesOnly(rawHeaders), acceptReply, maxReplyBytes)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#answer === undefined) return
    if (!this.#answer.add(chunk)) this.#end(this.#answer.result(this.#parts.now()), false)
  }

  onResponseEnd(): void {
    if (this.#ended || this.#answer === undefined) return
    this.#end(this.#answer.result(this.#parts.now()), true)
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: unknown): void {
    if (this.#ended) return
    const failure = transportFailure(error, this.#parts.host)
    this.#breakOff(failure.error, failure.retryable)
  }

  #breakOff(error: string, retryable = true): void {
    const answer = this.#answer
    const result: Result =
      answer === undefined || answer.isSuccess
        ? { kind: 'failed', retryable, error }
        : answer.result(this.#parts.now())
    this.#end(result, false)
  }

  #end(result: Result, reusable: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.cancelTimer()
    const durationMs = performance.now() - this.#started
    this.#parts.onEnd(this, { ...result, durationMs }, reusable)
  }
}

/** HTTP/1.1 headers always come as bytes. */
function bytesOnly(rawHeaders: Dispatcher.DispatchController['rawHeaders']): readonly Buffer[] {
  if (!Array.isArray(rawHeaders)) return []
  return rawHeaders.map((one) => (typeof one === 'string' ? Buffer.from(one, 'latin1') : one))
}
