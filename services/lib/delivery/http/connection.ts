import {
  connect as connectTcp,
  type OnReadOpts,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net'
import { connect as connectTls, type SecureContext } from 'node:tls'
import type { Destination } from './parse-destination.ts'
import { type ResponseHandler, ResponseParser } from './response-parser.ts'
import type { ExchangeFault } from './transport-failure.ts'
import type { RequestBytes } from './write-request.ts'

const TCP_KEEP_ALIVE_DELAY_MS = 60_000
/** Lent to one socket after the other: what it holds is read before the next one gets it. */
const READ_BUFFER = Buffer.allocUnsafeSlow(64 * 1024)

/** Who uses a connection, for one request and its answer. */
export interface ConnectionUser extends ResponseHandler {
  /** The answer is complete. The connection may be used again within `idleMs`, unless that is 0. */
  onComplete(idleMs: number): void
  /** It will not be complete: an {@link ExchangeFault}, or what was thrown. */
  onFailure(fault: unknown): void
}

/** What a TLS connection begins with. */
export interface TlsStart {
  /** Of an earlier connection to the same peer; its certificate is not verified again. */
  readonly session: Buffer | undefined
  /** Whom to trust; `undefined`: whom Node.js trusts. */
  readonly trusted: SecureContext | undefined
}

/** What a connection tells whoever opened it. */
export interface ConnectionOwner {
  /** Of a TLS connection whose certificate was accepted, so that the next one is cheaper. */
  onSession(session: Buffer): void
  /** The connection cannot be used again. Called once. */
  onClose(connection: Connection): void
}

/**
 * One connection, used by one exchange at a time. It begins to connect at once. Any byte that comes
 * when nobody waits for one closes it.
 */
export class Connection {
  readonly #owner: ConnectionOwner
  readonly #socket: Socket
  readonly #parser = new ResponseParser()
  #user: ConnectionUser | undefined
  /** Waits until the connection is established, and its certificate accepted. */
  #unsent: RequestBytes | undefined
  #isEstablished = false
  #isClosed = false

  constructor(destination: Destination, tls: TlsStart, owner: ConnectionOwner) {
    this.#owner = owner
    const onread: OnReadOpts = {
      buffer: READ_BUFFER,
      callback: (length) => {
        this.#read(READ_BUFFER.subarray(0, length))
        return true
      },
    }
    this.#socket = open(destination, tls, onread)
    this.#socket.once(destination.isSecure ? 'secureConnect' : 'connect', () => this.#established())
    this.#socket.on('session', (next: Buffer) => owner.onSession(next))
    this.#socket.on('error', (error) => this.#fail(error))
    this.#socket.on('end', () => this.#end())
    this.#socket.on('close', () => this.#fail('closed'))
  }

  /** Writes a request, and reads the answer to `user`. */
  send(request: RequestBytes, user: ConnectionUser): void {
    this.#user = user
    this.#parser.begin()
    if (this.#isEstablished) this.#write(request)
    else this.#unsent = request
  }

  /** Cuts the connection, whatever state it is in. Who uses it is told nothing any more. */
  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#user = undefined
    this.#unsent = undefined
    this.#socket.destroy()
    this.#owner.onClose(this)
  }

  #established(): void {
    this.#isEstablished = true
    const request = this.#unsent
    this.#unsent = undefined
    if (request !== undefined) this.#write(request)
  }

  #write({ head, body }: RequestBytes): void {
    if (body === undefined) {
      this.#socket.write(head)
      return
    }
    this.#socket.cork()
    this.#socket.write(head)
    this.#socket.write(body)
    this.#socket.uncork()
  }

  #read(bytes: Buffer): void {
    const user = this.#user
    if (user === undefined) {
      this.destroy()
      return
    }
    try {
      const progress = this.#parser.read(bytes, user)
      if (progress === 'complete') this.#complete(user)
      else if (progress !== 'more') this.#fail(progress)
    } catch (error) {
      this.#mistake(user, error)
    }
  }

  #end(): void {
    const user = this.#user
    if (user === undefined || !this.#parser.end()) {
      this.#fail('closed')
      return
    }
    try {
      this.#complete(user)
    } catch (error) {
      this.#mistake(user, error)
    }
  }

  /** No answer, whatever is in it, may end more than its own exchange. */
  #mistake(user: ConnectionUser, error: unknown): void {
    this.destroy()
    user.onFailure(error)
  }

  #complete(user: ConnectionUser): void {
    this.#user = undefined
    // Who answers before the request is read may not read the rest of it.
    user.onComplete(this.#socket.writableLength === 0 ? this.#parser.idleMs : 0)
  }

  #fail(fault: ExchangeFault | Error): void {
    const user = this.#user
    this.destroy()
    user?.onFailure(fault)
  }
}

function open(
  { hostname, port, isSecure, servername }: Destination,
  { session, trusted }: TlsStart,
  onread: OnReadOpts,
): Socket {
  const options: TcpNetConnectOpts = {
    host: hostname,
    port,
    onread,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: TCP_KEEP_ALIVE_DELAY_MS,
  }
  if (!isSecure) return connectTcp(options)
  return connectTls({
    ...options,
    ALPNProtocols: ['http/1.1'],
    ...(servername === undefined ? {} : { servername }),
    ...(session === undefined ? {} : { session }),
    ...(trusted === undefined ? {} : { secureContext: trusted }),
  })
}
