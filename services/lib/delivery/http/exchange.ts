import type { Outcome } from '../outcome.ts'
import type { DeliveryRequest } from '../subscriber-client.ts'
import { Answer, type Result } from './answer.ts'
import type { Connection, ConnectionUser } from './connection.ts'
import type { Deadline, Expiring } from './deadlines.ts'
import type { Place } from './departure-list.ts'
import type { Destination } from './parse-destination.ts'
import { transportFailure } from './transport-failure.ts'

/** What all exchanges of a client share. */
export interface ExchangeOwner {
  readonly maxReplyBytes: number
  /** Milliseconds since 1970. */
  now(): number
  /**
   * Called once per exchange. `idleMs`: its connection may be used again within so many
   * milliseconds; 0: it must be closed.
   */
  ended(exchange: Exchange, outcome: Outcome, idleMs: number): void
}

/**
 * One request and its answer, until the first of: the end of the answer, enough of it, an error,
 * the deadline, an interruption. What comes later is ignored. A failure status counts as soon as it
 * is there, since no body can make it better.
 */
export class Exchange implements ConnectionUser, Expiring {
  readonly request: DeliveryRequest
  readonly destination: Destination
  readonly signal: AbortSignal
  readonly resolve: (outcome: Outcome) => void
  /** Until there is one, nothing has been sent. */
  connection: Connection | undefined
  /** Calls {@link expire}. */
  deadline: Deadline | undefined
  /** Among those whose signal calls {@link interrupt}. */
  interruption: Place<Exchange> | undefined
  readonly #owner: ExchangeOwner
  readonly #started = performance.now()
  #answer: Answer | undefined
  #ended = false

  constructor(
    owner: ExchangeOwner,
    request: DeliveryRequest,
    destination: Destination,
    signal: AbortSignal,
    resolve: (outcome: Outcome) => void,
  ) {
    this.#owner = owner
    this.request = request
    this.destination = destination
    this.signal = signal
    this.resolve = resolve
  }

  get hasEnded(): boolean {
    return this.#ended
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
    this.#end({ kind: 'failed', retryable: true, error }, 0)
  }

  /** The connection or the answer is faulty, or the request cannot be written. */
  onFailure(fault: unknown): void {
    const failure = transportFailure(fault, this.destination.host)
    this.#breakOff(failure.error, failure.retryable)
  }

  onHead(status: number, rawHeaders: readonly string[]): void {
    const { acceptReply } = this.request
    this.#answer = new Answer(status, rawHeaders, acceptReply, this.#owner.maxReplyBytes)
  }

  onBody(bytes: Buffer): boolean {
    if (this.#ended || this.#answer === undefined) return false
    if (this.#answer.add(bytes)) return true
    this.#end(this.#answer.result(this.#owner.now()), 0)
    return false
  }

  onComplete(idleMs: number): void {
    if (this.#answer === undefined) return
    this.#end(this.#answer.result(this.#owner.now()), idleMs)
  }

  #breakOff(error: string, retryable = true): void {
    const answer = this.#answer
    const result: Result =
      answer === undefined || answer.isSuccess
        ? { kind: 'failed', retryable, error }
        : answer.result(this.#owner.now())
    this.#end(result, 0)
  }

  #end(result: Result, idleMs: number): void {
    if (this.#ended) return
    this.#ended = true
    const durationMs = performance.now() - this.#started
    this.#owner.ended(this, withDuration(result, durationMs), idleMs)
  }
}

function withDuration(result: Result, durationMs: number): Outcome {
  // Written out for the usual outcome: one object of one shape instead of a copy.
  if (result.kind === 'failed') return { ...result, durationMs }
  return { kind: 'delivered', status: result.status, durationMs, reply: result.reply }
}
