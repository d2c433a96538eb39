import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { rubbishAnswer } from './rubbish-answer.ts'

/**
 * A subscriber on loopback that answers each request with a {@link rubbishAnswer}.
 */
export class RubbishSubscriber {
  readonly #server: Server
  readonly #seed: number
  readonly #open = new Set<Socket>()
  readonly #torn = new Set<number>()
  /** Answers well from now on. */
  isTame = false
  connections = 0

  static async start(seed: number): Promise<RubbishSubscriber> {
    const subscriber = new RubbishSubscriber(seed)
    subscriber.#server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 })
    await once(subscriber.#server, 'listening')
    return subscriber
  }

  private constructor(seed: number) {
    this.#seed = seed
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) =>
      this.#accept(socket),
    )
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`
  }

  /**
   * Whether the answer before, on the same connection, came in pieces: bytes that are late for one
   * answer are early for the next, and nobody can tell.
   */
  isTorn(id: number): boolean {
    return this.#torn.has(id)
  }

  /** Resolves when no connection is open. */
  async allClosed(): Promise<void> {
    for (const socket of this.#open) if (!socket.closed) await once(socket, 'close')
  }

  async close(): Promise<void> {
    for (const socket of this.#open) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #accept(socket: Socket): void {
    this.connections += 1
    this.#open.add(socket)
    let received = ''
    let wasTorn = false
    socket.on('error', () => {})
    socket.on('close', () => this.#open.delete(socket))
    socket.on('end', () => socket.end())
    socket.on('data', (bytes) => {
      received += bytes.toString('latin1')
      const request = /ce-id: (\d+)\r\n.*\r\n\r\n\{\}$/s.exec(received)
      if (request === null) return
      received = ''
      const id = Number(request[1])
      if (wasTorn) this.#torn.add(id)
      wasTorn = this.#answer(socket, id) || wasTorn
    })
  }

  /** Whether it does so in pieces. */
  #answer(socket: Socket, id: number): boolean {
    if (this.isTame) {
      socket.write('HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n')
      return false
    }
    const { bytes, cut, ending } = rubbishAnswer(this.#seed, id)
    const finish = () => {
      if (ending === 'end') socket.end()
      else if (ending === 'reset') socket.resetAndDestroy()
    }
    if (cut === bytes.length) {
      socket.write(bytes, finish)
      return false
    }
    socket.write(bytes.subarray(0, cut), () =>
      setImmediate(() => socket.write(bytes.subarray(cut), finish)),
    )
    return true
  }
}
