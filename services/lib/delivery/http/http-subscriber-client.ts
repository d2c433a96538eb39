import { writeBinary } from '#events/write-binary.ts'
import type { Clock } from '#time/clock.ts'
import type { Outcome } from '../outcome.ts'
import type { DeliveryRequest, SubscriberClient } from '../subscriber-client.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { Interruptions } from './interruptions.ts'
import { type Destination, parseDestination } from './parse-destination.ts'

const DEFAULT_MAX_REPLY_BYTES = 1024 * 1024
const MAX_KNOWN_DESTINATIONS = 1024

export interface HttpSubscriberClientOptions {
  readonly clock: Clock
  /** The largest reply that is taken, attributes and data together; 1 MiB by default. */
  readonly maxReplyBytes?: number
}

/**
 * Delivers over HTTP/1.1 with connections that are kept alive. As many exchanges run at a time as
 * are asked for: the caller bounds them. Redirects are not followed, and TLS certificates are
 * verified.
 *
 * Success is a 2xx whose body ends in time, or that is longer than anybody needs. A 202 is never a
 * reply; another success status that claims to carry an event and does not is a failure
 * (Knative data plane).
 */
export class HttpSubscriberClient implements SubscriberClient {
  readonly #clock: Clock
  readonly #owner: ExchangeOwner
  readonly #pool = new ConnectionPool()
  readonly #interruptions = new Interruptions()
  readonly #destinations = new Map<string, Destination>()
  readonly #idle = Promise.withResolvers<void>()
  #busy = 0
  #closed = false

  constructor({ clock, maxReplyBytes = DEFAULT_MAX_REPLY_BYTES }: HttpSubscriberClientOptions) {
    this.#clock = clock
    this.#owner = {
      maxReplyBytes,
      now: () => clock.now(),
      ended: (exchange, outcome, reusable) => this.#ended(exchange, outcome, reusable),
    }
  }

  // Not async, which would cost three more turns of the microtask queue per delivery.
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return refused('The client is closed', true)
    if (signal.aborted) return refused('Interrupted by this process', true)
    const destination = this.#destination(request.destination)
    if (destination === undefined) {
      return refused('The destination is not an http or https URL', false)
    }
    return new Promise((resolve) => this.#start(request, destination, signal, resolve))
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#pool.closeIdle()
      if (this.#busy === 0) this.#idle.resolve()
    }
    await this.#idle.promise
  }

  #start(
    request: DeliveryRequest,
    destination: Destination,
    signal: AbortSignal,
    resolve: (outcome: Outcome) => void,
  ): void {
    const { event, timeoutMs } = request
    const connection = this.#pool.take(destination.origin)
    const exchange = new Exchange(this.#owner, request, destination, signal, connection, resolve)
    this.#busy += 1
    this.#interruptions.add(signal, exchange)
    try {
      const body = event.data === undefined || event.data.length === 0 ? null : event.data
      const headers = headersOf(request)
      exchange.timer = this.#clock.after(timeoutMs, () => exchange.expire())
      const { path } = destination
      connection.send({ path, method: 'POST', headers, body, blocking: false }, exchange)
    } catch (error) {
      exchange.fail(error)
    }
  }

  #ended(exchange: Exchange, outcome: Outcome, reusable: boolean): void {
    const { signal, destination, connection, resolve } = exchange
    this.#interruptions.delete(signal, exchange)
    if (reusable && !this.#closed) this.#pool.release(destination.origin, connection)
    else connection.destroy()
    this.#busy -= 1
    if (this.#closed && this.#busy === 0) this.#idle.resolve()
    resolve(outcome)
  }

  #destination(url: string): Destination | undefined {
    const known = this.#destinations.get(url)
    if (known !== undefined) return known
    const destination = parseDestination(url)
    if (this.#destinations.size >= MAX_KNOWN_DESTINATIONS) this.#destinations.clear()
    if (destination !== undefined) this.#destinations.set(url, destination)
    return destination
  }
}

function headersOf({ event, namespace, trace, acceptReply }: DeliveryRequest): string[] {
  const headers = writeBinary(event)
  headers.push('kn-namespace', namespace, 'user-agent', 'sluice')
  // Only whoever processes a reply may ask for one.
  if (acceptReply) headers.push('prefer', 'reply')
  if (trace !== undefined) {
    headers.push('traceparent', trace.traceparent)
    if (trace.tracestate !== undefined) headers.push('tracestate', trace.tracestate)
  }
  return headers
}

function refused(error: string, retryable: boolean): Promise<Outcome> {
  return Promise.resolve({ kind: 'failed', retryable, durationMs: 0, error })
}
