import { Socket } from 'node:net'
import { type buildConnector, Client, type Dispatcher } from 'undici'

/** As much as the ingress takes, and room for the event's own header names. */
const MAX_RESPONSE_HEADER_BYTES = 128 * 1024

/** One connection to an origin, used by one exchange at a time. Connects when it is first used. */
export class Connection {
  readonly #client: Client
  readonly #onClose: (connection: Connection) => void
  #socket: Socket | undefined
  #closed = false
  /** Whether no exchange uses it. */
  idle = false

  /** `onClose` is called once, when the connection cannot be used again. */
  constructor(
    origin: string,
    connect: buildConnector.connector,
    onClose: (connection: Connection) => void,
  ) {
    this.#onClose = onClose
    this.#client = new Client(origin, {
      // Kept, so that a connection that is not established yet can be given up.
      connect: (options, callback) => {
        const socket: unknown = connect(options, callback)
        if (socket instanceof Socket) this.#socket = socket
      },
      // An exchange has one deadline of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
      pipelining: 1,
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    })
    this.#client.on('disconnect', () => {
      if (this.idle) this.destroy()
    })
  }

  send(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(options, handler)
  }

  /** Cuts the connection, whatever state it is in. The exchange that uses it gets an error. */
  destroy(): void {
    if (this.#closed) return
    this.#closed = true
    this.#client.destroy(null, () => {})
    this.#socket?.destroy()
    this.#onClose(this)
  }
}
