import { connect, type Socket } from 'node:net'

export interface RawResponse {
  readonly status: number
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface RawOptions {
  /** Writes the bytes; by default all at once. */
  readonly send?: (socket: Socket) => void
  /** Ends the exchange when that many final responses have come; otherwise the server's close does. */
  readonly responses?: number
  /** After this many milliseconds the exchange fails. */
  readonly deadlineMs?: number
}

/**
 * Sends bytes to a server on loopback as they are, and resolves with the responses (100 Continue
 * included) that came before it closed the connection, or with as many as asked for.
 */
export async function rawExchange(
  port: number,
  bytes: string | Uint8Array,
  { send, responses, deadlineMs = 4000 }: RawOptions = {},
): Promise<readonly RawResponse[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly RawResponse[]>()
  const chunks: Buffer[] = []
  const socket = connect(port, '127.0.0.1')
  const received = () => parseResponses(Buffer.concat(chunks).toString('latin1'))
  const timer = setTimeout(() => {
    reject(new Error(`no end after ${deadlineMs} ms; received ${Buffer.concat(chunks)}`))
    socket.destroy()
  }, deadlineMs)
  socket.on('connect', () => (send === undefined ? socket.write(bytes) : send(socket)))
  socket.on('data', (chunk) => {
    chunks.push(chunk)
    if (responses === undefined) return
    if (received().filter(({ status }) => status >= 200).length >= responses) socket.destroy()
  })
  // A reset after the answer is as good as a close.
  socket.on('error', () => {})
  socket.on('close', () => {
    clearTimeout(timer)
    resolve(received())
  })
  return await promise
}

/** The complete responses in `text`. Bodies are delimited by Content-Length. */
export function parseResponses(text: string): RawResponse[] {
  const responses: RawResponse[] = []
  let rest = text
  for (;;) {
    const end = rest.indexOf('\r\n\r\n')
    if (end < 0) return responses
    const [statusLine = '', ...lines] = rest.slice(0, end).split('\r\n')
    const match = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)
    if (!match) throw new Error(`not a response: ${JSON.stringify(rest.slice(0, 200))}`)
    const headers: Record<string, string> = {}
    for (const line of lines) {
      const colon = line.indexOf(':')
      headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim()
    }
    const length = Number(headers['content-length'] ?? 0)
    const body = rest.slice(end + 4, end + 4 + length)
    if (body.length < length) return responses
    responses.push({ status: Number(match[1]), headers, body })
    rest = rest.slice(end + 4 + length)
  }
}
