import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** One delivery as it came. Times are of `performance.now()`. */
export interface Arrival {
  readonly at: number
  /** When it was answered; undefined before that. */
  endedAt: number | undefined
  readonly status: number
}

/** What a subscriber does with a delivery. */
export interface Treatment {
  readonly status: number
  /** `Infinity`: not before `letGo`. */
  readonly afterMs: number
}

const TAKE: Treatment = { status: 200, afterMs: 0 }

/** One HTTP server for all Triggers, a path for each, that remembers when each event came and how it was answered. */
export class RecordingSubscriber {
  /** When anything came, in order. */
  readonly times: number[] = []
  readonly #server: Server
  readonly #arrivals = new Map<string, Map<string, Arrival[]>>()
  readonly #treat: (path: string, id: string) => Treatment
  readonly #held: (() => void)[] = []

  private constructor(treat: (path: string, id: string) => Treatment) {
    this.#treat = treat
    this.#server = createServer((request, response) => {
      request.resume()
      request.on('end', () =>
        this.#receive(request.url ?? '', String(request.headers['ce-id']), response),
      )
    })
  }

  /** Listens on loopback. Answers 200 at once unless told otherwise. */
  static async start(
    treat: (path: string, id: string) => Treatment = () => TAKE,
  ): Promise<RecordingSubscriber> {
    const subscriber = new RecordingSubscriber(treat)
    subscriber.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    await once(subscriber.#server, 'listening')
    return subscriber
  }

  /** Without a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** By id, in the order of arrival. */
  at(path: string): ReadonlyMap<string, readonly Arrival[]> {
    return this.#at(path)
  }

  /** Answers all that was held. */
  letGo(): void {
    for (const answer of this.#held.splice(0)) answer()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #at(path: string): Map<string, Arrival[]> {
    const arrivals = this.#arrivals.get(path) ?? new Map<string, Arrival[]>()
    this.#arrivals.set(path, arrivals)
    return arrivals
  }

  #receive(path: string, id: string, response: ServerResponse): void {
    const { status, afterMs } = this.#treat(path, id)
    const arrival: Arrival = { at: performance.now(), endedAt: undefined, status }
    this.times.push(arrival.at)
    const arrivals = this.#at(path)
    const same = arrivals.get(id)
    if (same === undefined) arrivals.set(id, [arrival])
    else same.push(arrival)
    const answer = () => {
      if (response.destroyed) return
      arrival.endedAt = performance.now()
      response.statusCode = status
      response.end()
    }
    if (afterMs === 0) answer()
    else if (afterMs === Number.POSITIVE_INFINITY) this.#held.push(answer)
    else {
      const timer = setTimeout(answer, afterMs)
      response.on('close', () => clearTimeout(timer))
    }
  }
}
