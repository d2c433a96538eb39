import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Answers 200 and counts, per path, how often each event came: for loads that would fill a log of requests. */
export class CountingSubscriber {
  readonly #server: Server
  readonly #counts = new Map<string, Map<string, number>>()
  readonly #held: ServerResponse[] = []
  /** Paths that get no answer until they are let go. */
  readonly #holding = new Set<string>()

  static async start(): Promise<CountingSubscriber> {
    const subscriber = new CountingSubscriber()
    subscriber.#server.listen({ port: 0, host: '127.0.0.1', backlog: 4096 })
    await once(subscriber.#server, 'listening')
    return subscriber
  }

  private constructor() {
    this.#server = createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        const path = request.url ?? ''
        const counts = this.at(path)
        const id = String(request.headers['ce-id'])
        counts.set(id, (counts.get(id) ?? 0) + 1)
        if (this.#holding.has(path)) this.#held.push(response)
        else response.end()
      })
    })
  }

  /** With a slash at its end. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /** Ids with how often each came to that path. */
  at(path: string): Map<string, number> {
    const counts = this.#counts.get(path) ?? new Map<string, number>()
    this.#counts.set(path, counts)
    return counts
  }

  /** How many came to that path again. */
  duplicates(path: string): number {
    let sum = 0
    for (const times of this.at(path).values()) sum += times - 1
    return sum
  }

  /** From now on a path answers nothing. */
  hold(path: string): void {
    this.#holding.add(path)
  }

  /** Answers all that was held, and holds nothing any more. */
  letGo(): void {
    this.#holding.clear()
    for (const response of this.#held.splice(0)) response.end()
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }
}
