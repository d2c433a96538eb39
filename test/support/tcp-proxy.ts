import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Fate,
  type Passage,
  ProxiedConnection,
  type ProxiedRequest,
} from './proxied-connection.ts'

export interface TcpProxyOptions {
  /** The port on loopback to forward to; it may be set later. */
  readonly target?: number
  /** What passes cannot be understood (TLS): nobody is asked about requests. */
  readonly isOpaque?: boolean
}

/** Stands between clients and one broker on loopback, and is the network's bad luck. */
export class TcpProxy implements Passage {
  readonly port: number
  /** `host:port`, to be a broker's advertised address. */
  readonly address: string
  readonly isOpaque: boolean
  /** The port on loopback to forward to. */
  target: number | undefined
  /** Decides over each request that `next` says nothing about. */
  onRequest: (request: ProxiedRequest) => Fate = () => 'forward'
  /** What comes in one piece waits this many milliseconds, each way. */
  delayMs = 0
  /** New connections are closed at once. */
  isRefusing = false
  readonly #server: Server
  readonly #connections = new Set<ProxiedConnection>()
  readonly #rules: { apiKey: number; fate: Fate; done: (request: ProxiedRequest) => void }[] = []
  #accepted = 0
  #stalled: PromiseWithResolvers<void> | undefined

  private constructor(server: Server, { target, isOpaque = false }: TcpProxyOptions) {
    this.#server = server
    this.isOpaque = isOpaque
    this.target = target
    this.port = (server.address() as AddressInfo).port
    this.address = `127.0.0.1:${this.port}`
    server.on('connection', (client) => void this.#accept(client))
  }

  /** Listens on a free port of loopback. `close` it. */
  static async start(options: TcpProxyOptions = {}): Promise<TcpProxy> {
    const server = createServer({ noDelay: true })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    return new TcpProxy(server, options)
  }

  /** How many connections there are. */
  get connections(): number {
    return this.#connections.size
  }

  /**
   * The next request of that kind, on whichever connection, has that fate; called twice, the next
   * two. Resolves with the request when its fate is decided.
   */
  async next(apiKey: number, fate: Fate): Promise<ProxiedRequest> {
    return await new Promise((done) => this.#rules.push({ apiKey, fate, done }))
  }

  /** From now on nothing passes, either way; connections stay open. */
  stall(): void {
    this.#stalled ??= Promise.withResolvers<void>()
  }

  /** What `stall` held back goes on, in order. */
  goOn(): void {
    this.#stalled?.resolve()
    this.#stalled = undefined
  }

  /** Ends all connections. */
  cut(): void {
    for (const connection of this.#connections) connection.cut()
  }

  async close(): Promise<void> {
    this.goOn()
    this.isRefusing = true
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async open(): Promise<void> {
    if (this.delayMs > 0) await sleep(this.delayMs)
    while (this.#stalled !== undefined) await this.#stalled.promise
  }

  decide(request: ProxiedRequest): Fate {
    const at = this.#rules.findIndex(({ apiKey }) => apiKey === request.apiKey)
    const [rule] = at < 0 ? [] : this.#rules.splice(at, 1)
    rule?.done(request)
    return rule?.fate ?? this.onRequest(request)
  }

  async #accept(client: Socket): Promise<void> {
    if (this.isRefusing || this.target === undefined) {
      client.destroy()
      return
    }
    const broker = connect({ port: this.target, host: '127.0.0.1', noDelay: true })
    this.#accepted++
    const connection = new ProxiedConnection(client, broker, this.#accepted, this)
    this.#connections.add(connection)
    await connection.run()
    this.#connections.delete(connection)
  }
}
