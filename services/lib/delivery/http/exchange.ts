import type { Dispatcher } from 'undici'
import type { Cancel } from '#time/clock.ts'
import type { Outcome } from '../outcome.ts'
import type { DeliveryRequest } from '../subscriber-client.ts'
import { Answer, type Result } from './answer.ts'
import type { Connection } from './connection.ts'
import type { Destination } from './parse-destination.ts'
import { transportFailure } from './transport-failure.ts'

/** What all exchanges of a client share. */
export interface ExchangeOwner {
  readonly maxReplyBytes: number
  /** Milliseconds since 1970. */
  now(): number
  /** Called once per exchange. `reusable`: the answer was read to its end. */
  ended(exchange: Exchange, outcome: Outcome, reusable: boolean): void
}

/**
 * One request and its answer, as undici reports on it, until the first of: the end of the answer,
 * enough of it, an error, the deadline, an interruption. What comes later is ignored. A failure
 * status counts as soon as it is there, since no body can make it better.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly request: DeliveryRequest
  readonly destination: Destination
  readonly signal: AbortSignal
  readonly connection: Connection
  readonly resolve: (outcome: Outcome) => void
  readonly #owner: ExchangeOwner
  readonly #started = performance.now()
  #cancelTimer: Cancel | undefined
  #answer: Answer | undefined
  #ended = false

  constructor(
    owner: ExchangeOwner,
    request: DeliveryRequest,
    destination: Destination,
    signal: AbortSignal,
    connection: Connection,
    resolve: (outcome: Outcome) => void,
  ) {
    this.#owner = owner
    this.request = request
    this.destination = destination
    this.signal = signal
    this.connection = connection
    this.resolve = resolve
  }

  /** What stops the timer that calls {@link expire}. */
  set timer(cancel: Cancel) {
    this.#cancelTimer = cancel
  }

  /** The deadline has passed. */
  expire(): void {
    this.#breakOff(
      `${this.destination.host} did not answer in full within ${this.request.timeoutMs} ms`,
    )
  }

  /** The caller does not want the answer any more. */
  interrupt(): void {
    const error = 'Interrupted by this process'
    this.#end({ kind: 'failed', retryable: true, error }, false)
  }

  /** The connection failed, or the request cannot be written. */
  fail(error: unknown): void {
    const failure = transportFailure(error, this.destination.host)
    this.#breakOff(failure.error, failure.retryable)
  }

  onRequestStart(): void {}

  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number): void {
    if (status < 200 || this.#ended) return
    const { acceptReply } = this.request
    this.#answer = new Answer(status, rawHeaders, acceptReply, this.#owner.maxReplyBytes)
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#ended || this.#answer === undefined) return
    if (!this.#answer.add(chunk)) this.#end(this.#answer.result(this.#owner.now()), false)
  }

  onResponseEnd(): void {
    if (this.#ended || this.#answer === undefined) return
    this.#end(this.#answer.result(this.#owner.now()), true)
  }

  onResponseError(_: Dispatcher.DispatchController, error: unknown): void {
    this.fail(error)
  }

  #breakOff(error: string, retryable = true): void {
    const answer = this.#answer
    const result: Result =
      answer === undefined || answer.isSuccess
        ? { kind: 'failed', retryable, error }
        : answer.result(this.#owner.now())
    this.#end(result, false)
  }

  #end(result: Result, reusable: boolean): void {
    if (this.#ended) return
    this.#ended = true
    this.#cancelTimer?.()
    const durationMs = performance.now() - this.#started
    this.#owner.ended(this, withDuration(result, durationMs), reusable)
  }
}

function withDuration(result: Result, durationMs: number): Outcome {
  // Written out for the usual outcome: one object of one shape instead of a copy.
  if (result.kind === 'failed') return { ...result, durationMs }
  return { kind: 'delivered', status: result.status, durationMs, reply: result.reply }
}
