import { once } from 'node:events'
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CloudEvent } from '#events/event.ts'
import { writeBinary } from '#events/write-binary.ts'

/** One request as it arrived, whole. */
export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly rawHeaders: readonly string[]
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** When its body was complete, in milliseconds since 1970. */
  readonly time: number
  /** Counted from 0, over all connections. */
  readonly index: number
  /** Which connection it came on, counted from 0. */
  readonly connection: number
}

/** What the subscriber does with one request. */
export type Behaviour = (response: ServerResponse, request: ReceivedRequest) => void

export interface Answer {
  readonly headers?: Readonly<Record<string, string | readonly string[]>>
  readonly body?: string | Uint8Array
}

/** Answers with a status. */
export function status(code: number, { headers = {}, body }: Answer = {}): Behaviour {
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.statusCode = code
    response.end(body)
  }
}

/** Never answers. */
export const hang: Behaviour = () => {}

/** Closes the connection instead of answering. */
export const closeSocket: Behaviour = (response) => {
  response.req.socket.destroy()
}

/** Answers with an event in binary content mode. */
export function reply(event: CloudEvent, code = 200): Behaviour {
  return (response) => {
    response.writeHead(code, writeBinary(event))
    response.end(event.data)
  }
}

/**
 * Writes these bytes to the connection as they are; then closes it, if asked. If not, the server
 * takes the request for unanswered, so that on this connection only bytes can answer the next one.
 */
export function raw(bytes: string | Uint8Array, close = false): Behaviour {
  return (response) => {
    if (close) response.req.socket.end(bytes)
    else response.req.socket.write(bytes)
  }
}

/** Sends the head at once, and then a byte of body every `everyMs`, without end. */
export function drip(code = 200, everyMs = 20, headers: Answer['headers'] = {}): Behaviour {
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.statusCode = code
    response.flushHeaders()
    const timer = setInterval(() => response.write('.'), everyMs)
    response.on('close', () => clearInterval(timer))
  }
}

/** Sends a body without end, as fast as it is read. */
export function endless(code = 200, headers: Answer['headers'] = {}): Behaviour {
  return (response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.statusCode = code
    const chunk = Buffer.alloc(16 * 1024, 'x')
    const write = () => {
      while (!response.destroyed && response.write(chunk));
    }
    response.on('drain', write)
    write()
  }
}

/** Waits, then does what another behaviour does. */
export function after(delayMs: number, behaviour: Behaviour): Behaviour {
  return (response, request) => {
    const timer = setTimeout(() => behaviour(response, request), delayMs)
    response.on('close', () => clearTimeout(timer))
  }
}

/** One behaviour per request, in turn; the last one for all that follow. */
export function inTurn(...behaviours: readonly [Behaviour, ...Behaviour[]]): Behaviour {
  let next = 0
  return (response, request) => {
    const behaviour = behaviours[Math.min(next, behaviours.length - 1)]
    next += 1
    behaviour?.(response, request)
  }
}

export interface ScriptedSubscriberOptions {
  /** 0, the default, is any free port. */
  readonly port?: number
  /** How long an idle connection stays open; 5 seconds, as Node does. */
  readonly keepAliveMs?: number
}

interface Waiter {
  readonly count: number
  readonly resolve: () => void
}

/** A real HTTP server on loopback that does with each request what the test says, and remembers all. */
export class ScriptedSubscriber {
  readonly #server: Server
  readonly #received: ReceivedRequest[] = []
  readonly #waiters = new Set<Waiter>()
  readonly #connections = new WeakMap<object, number>()
  #behaviour: Behaviour
  #connectionCount = 0
  #inFlight = 0
  #mostInFlight = 0

  /** Listens on loopback. Answers 202 unless told otherwise. */
  static async start(
    behaviour: Behaviour = status(202),
    { port = 0, keepAliveMs = 5000 }: ScriptedSubscriberOptions = {},
  ): Promise<ScriptedSubscriber> {
    const subscriber = new ScriptedSubscriber(behaviour, keepAliveMs)
    subscriber.#server.listen({ port, host: '127.0.0.1', backlog: 4096 })
    await once(subscriber.#server, 'listening')
    return subscriber
  }

  private constructor(behaviour: Behaviour, keepAliveMs: number) {
    this.#behaviour = behaviour
    this.#server = createServer(
      { maxHeaderSize: 256 * 1024, keepAliveTimeout: keepAliveMs, keepAliveTimeoutBuffer: 0 },
      (request, response) => this.#receive(request, response),
    )
    this.#server.on('connection', (socket) => {
      this.#connections.set(socket, this.#connectionCount++)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`
  }

  /** All requests so far, in the order in which their bodies were complete. */
  get received(): readonly ReceivedRequest[] {
    return this.#received
  }

  /** Connections so far, open or not. */
  get connectionCount(): number {
    return this.#connectionCount
  }

  /** Requests whose answer has neither ended nor broken off. */
  get inFlight(): number {
    return this.#inFlight
  }

  /** The most that `inFlight` has been. */
  get mostInFlight(): number {
    return this.#mostInFlight
  }

  /** From now on does something else. */
  set behaviour(behaviour: Behaviour) {
    this.#behaviour = behaviour
  }

  /**
   * Resolves with all requests once there are `count` of them.
   * @throws Error when there are fewer after `deadlineMs`.
   */
  async waitFor(count: number, deadlineMs = 5000): Promise<readonly ReceivedRequest[]> {
    if (this.#received.length >= count) return this.#received
    const arrived = Promise.withResolvers<void>()
    const waiter = { count, resolve: arrived.resolve }
    this.#waiters.add(waiter)
    const timer = setTimeout(() => {
      const got = this.#received.length
      arrived.reject(new Error(`${got} of ${count} requests arrived within ${deadlineMs} ms`))
    }, deadlineMs)
    try {
      await arrived.promise
    } finally {
      clearTimeout(timer)
      this.#waiters.delete(waiter)
    }
    return this.#received
  }

  /** Closes the connections on which no request is being answered. */
  closeIdleConnections(): void {
    this.#server.closeIdleConnections()
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.#server.closeAllConnections()
    await closed
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    this.#inFlight += 1
    this.#mostInFlight = Math.max(this.#mostInFlight, this.#inFlight)
    response.on('close', () => {
      this.#inFlight -= 1
    })
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const received: ReceivedRequest = {
        method: request.method ?? '',
        url: request.url ?? '',
        rawHeaders: request.rawHeaders,
        headers: request.headers,
        body: Buffer.concat(chunks),
        time: Date.now(),
        index: this.#received.length,
        connection: this.#connections.get(request.socket) ?? -1,
      }
      this.#received.push(received)
      this.#behaviour(response, received)
      for (const waiter of this.#waiters) {
        if (this.#received.length >= waiter.count) waiter.resolve()
      }
    })
  }
}
