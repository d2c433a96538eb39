import { connect, type Socket } from 'node:net'
import { NUMBER_DIGITS, type RequestTemplate, SENT_DIGITS, writeDigits } from './event-request.ts'

/** Who gives events to a connection, and is told how they fared. */
interface Issuer {
  free(connection: LoadConnection): void
  answered(number: number, intendedAt: number, status: number): void
  lost(requests: number): void
}

interface Waiting {
  readonly number: number
  readonly intendedAt: number
}

const HEAD_END = Buffer.from('\r\n\r\n')
const RECONNECT_MS = 10
const REQUEST_TIMEOUT = 408
const STATUS_AT = 'HTTP/1.1 '.length

/** One keep-alive connection, with at most `depth` requests under way. */
export class LoadConnection {
  isIdle = false
  readonly #port: number
  readonly #template: RequestTemplate
  readonly #depth: number
  readonly #issuer: Issuer
  readonly #waiting: Waiting[] = []
  /** Free again as soon as its request is answered. */
  readonly #own: Buffer
  #socket: Socket | undefined
  #kept: Buffer | undefined
  #isClosed = false

  constructor(port: number, template: RequestTemplate, depth: number, issuer: Issuer) {
    this.#port = port
    this.#template = template
    this.#depth = depth
    this.#issuer = issuer
    this.#own = Buffer.from(template.bytes)
  }

  get room(): number {
    return this.#socket === undefined ? 0 : this.#depth - this.#waiting.length
  }

  open(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true }, () => {
      this.#socket = socket
      resolve()
    })
    socket.on('data', (chunk) => this.#read(chunk))
    socket.on('error', () => socket.destroy())
    socket.on('close', () => {
      this.#socket = undefined
      this.#kept = undefined
      this.#issuer.lost(this.#waiting.splice(0).length)
      setTimeout(() => this.#reopen(resolve), RECONNECT_MS)
    })
    return promise
  }

  #reopen(opened: () => void): void {
    if (this.#isClosed) return
    void this.open().then(() => {
      opened()
      this.#issuer.free(this)
    })
  }

  close(): void {
    this.#isClosed = true
    this.#socket?.destroy()
  }

  /** Sends the events `first` to `first + count - 1`. */
  send(first: number, count: number, intendedAt: (number: number) => number): void {
    const { bytes, numberAt, sentAt } = this.#template
    const buffer = this.#depth === 1 ? this.#own : Buffer.allocUnsafe(bytes.length * count)
    for (let i = 0; i < count; i++) {
      const from = i * bytes.length
      const number = first + i
      const at = intendedAt(number)
      if (this.#depth > 1) bytes.copy(buffer, from)
      writeDigits(buffer, from + numberAt, NUMBER_DIGITS, number)
      writeDigits(buffer, from + sentAt, SENT_DIGITS, at)
      this.#waiting.push({ number, intendedAt: at })
    }
    this.#socket?.write(buffer)
  }

  #read(chunk: Buffer): void {
    let bytes = this.#kept === undefined ? chunk : Buffer.concat([this.#kept, chunk])
    this.#kept = undefined
    while (bytes.length > 0) {
      const end = bytes.indexOf(HEAD_END)
      const length = end === -1 ? Number.POSITIVE_INFINITY : end + 4 + contentLength(bytes, end)
      if (bytes.length < length) {
        this.#kept = bytes
        break
      }
      const status = Number(bytes.toString('latin1', STATUS_AT, STATUS_AT + 3))
      const waiting = this.#waiting.shift()
      if (waiting === undefined) {
        // A connection that was never used is told so before it is closed.
        if (status === REQUEST_TIMEOUT) return
        throw new TypeError(`An answer to nothing: ${status}`)
      }
      this.#issuer.answered(waiting.number, waiting.intendedAt, status)
      bytes = bytes.subarray(length)
    }
    this.#issuer.free(this)
  }
}

function contentLength(bytes: Buffer, headEnd: number): number {
  const head = bytes.toString('latin1', 0, headEnd)
  const found = /\r\ncontent-length: (\d+)/i.exec(head)
  if (found === null) throw new TypeError(`An answer without content-length: ${head}`)
  return Number(found[1])
}
