import type { Clock } from '#time/clock.ts'
import type { Outcome } from '../outcome.ts'
import type { DeliveryRequest, SubscriberClient } from '../subscriber-client.ts'
import { ConnectionPool } from './connection-pool.ts'
import { Deadlines } from './deadlines.ts'
import { Exchange, type ExchangeOwner } from './exchange.ts'
import { Interruptions } from './interruptions.ts'
import { KnownDestinations } from './known-destinations.ts'
import { writeRequest } from './write-request.ts'

const DEFAULT_MAX_REPLY_BYTES = 1024 * 1024

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
  readonly #owner: ExchangeOwner
  readonly #pool: ConnectionPool
  readonly #deadlines: Deadlines
  readonly #interruptions = new Interruptions()
  readonly #destinations = new KnownDestinations()
  readonly #idle = Promise.withResolvers<void>()
  /** Those that begin in this turn of the event loop. */
  #beginning: Exchange[] = []
  #busy = 0
  #closed = false

  constructor({ clock, maxReplyBytes = DEFAULT_MAX_REPLY_BYTES }: HttpSubscriberClientOptions) {
    this.#pool = new ConnectionPool(clock)
    this.#deadlines = new Deadlines(clock)
    this.#owner = {
      maxReplyBytes,
      now: () => clock.now(),
      ended: (exchange, outcome, idleMs) => this.#ended(exchange, outcome, idleMs),
    }
  }

  // Not async, which would cost three more turns of the microtask queue per delivery.
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Outcome> {
    if (this.#closed) return refused('The client is closed', true)
    if (signal.aborted) return refused('Interrupted by this process', true)
    const destination = this.#destinations.find(request.destination, request.caCerts)
    if (destination === undefined) {
      return refused('The destination is not an http or https URL', false)
    }
    return new Promise((resolve) => {
      this.#begin(new Exchange(this.#owner, request, destination, signal, resolve))
    })
  }

  async close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true
      this.#pool.closeIdle()
      if (this.#busy === 0) this.#idle.resolve()
    }
    await this.#idle.promise
  }

  /**
   * Sends when this turn of the event loop has read what the network has brought. Until then a
   * connection may look idle that its server has closed, or has sent bytes on that nobody asked
   * for and that would pass for the answer.
   */
  #begin(exchange: Exchange): void {
    this.#busy += 1
    exchange.interruption = this.#interruptions.add(exchange.signal, exchange)
    exchange.deadline = this.#deadlines.add(exchange.request.timeoutMs, exchange)
    if (this.#beginning.push(exchange) === 1) setImmediate(this.#sendAll)
  }

  readonly #sendAll = (): void => {
    const exchanges = this.#beginning
    this.#beginning = []
    for (const exchange of exchanges) if (!exchange.hasEnded) this.#send(exchange)
  }

  #send(exchange: Exchange): void {
    try {
      const request = writeRequest(exchange.destination, exchange.request)
      if (request === undefined) {
        exchange.onFailure('unwritable')
        return
      }
      exchange.connection = this.#pool.take(exchange.destination)
      exchange.connection.send(request, exchange)
    } catch (error) {
      exchange.onFailure(error)
    }
  }

  #ended(exchange: Exchange, outcome: Outcome, idleMs: number): void {
    const { destination, connection, resolve } = exchange
    exchange.deadline?.cancel()
    exchange.interruption?.leave()
    if (connection !== undefined) {
      if (idleMs > 0 && !this.#closed) this.#pool.release(destination, connection, idleMs)
      else connection.destroy()
    }
    this.#busy -= 1
    if (this.#closed && this.#busy === 0) this.#idle.resolve()
    resolve(outcome)
  }
}

function refused(error: string, retryable: boolean): Promise<Outcome> {
  return Promise.resolve({ kind: 'failed', retryable, durationMs: 0, error })
}
