import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { CertificateAuthority } from '../support/certificate-authority.ts'
import type { Answer } from './conformance-case.ts'

/** One request as it arrived, whole. */
export interface Arrival {
  readonly method: string
  /** A flat list of names and values, one character per byte. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
  /** When its body was complete, in milliseconds of a clock that never jumps. */
  readonly timeMs: number
}

export interface Addresses {
  readonly plain: string
  readonly small: string
  readonly tls: string
  readonly closed: string
}

const NORMAL_HEADERS = 256 * 1024
const SMALL_HEADERS = 16 * 1024

/**
 * Every subscriber and dead letter sink of a run. Each has a path, `/<token>/<name>`, and answers
 * what its script says; requests that do not contain the token are others' events on a shared
 * Broker, and are taken and forgotten.
 */
export class ScriptedSubscribers {
  readonly authority = new CertificateAuthority('Conformance CA')
  readonly #servers: readonly Server[]
  readonly #host: string
  readonly #scripts = new Map<string, readonly Answer[]>()
  readonly #arrivals = new Map<string, Arrival[]>()
  #closedPort = 0

  /**
   * `host` is what the Broker can reach this machine by; anything but loopback is listened on in
   * all networks.
   */
  static async start(host: string): Promise<ScriptedSubscribers> {
    const subscribers = new ScriptedSubscribers(host)
    const address = host === '127.0.0.1' ? host : '0.0.0.0'
    for (const server of subscribers.#servers) {
      server.listen({ port: 0, host: address, backlog: 4096 })
      await once(server, 'listening')
    }
    const closed = createServer().listen(0, address)
    await once(closed, 'listening')
    subscribers.#closedPort = portOf(closed)
    closed.close()
    await once(closed, 'close')
    return subscribers
  }

  private constructor(host: string) {
    this.#host = host
    const receive = (request: IncomingMessage, response: ServerResponse) =>
      this.#receive(request, response)
    const { key, cert } = this.authority.issue({ commonName: host, hosts: ['localhost', host] })
    this.#servers = [
      createServer({ maxHeaderSize: NORMAL_HEADERS }, receive),
      createServer({ maxHeaderSize: SMALL_HEADERS }, receive),
      createTlsServer({ maxHeaderSize: NORMAL_HEADERS, key, cert }, receive),
    ]
  }

  get addresses(): Addresses {
    const [plain, small, tls] = this.#servers.map(portOf)
    return {
      plain: `http://${this.#host}:${plain}`,
      small: `http://${this.#host}:${small}`,
      tls: `https://${this.#host}:${tls}`,
      closed: `http://${this.#host}:${this.#closedPort}/`,
    }
  }

  /** From now on the subscriber of that path answers so. */
  script(path: string, answers: readonly Answer[]): void {
    this.#scripts.set(path, answers)
  }

  /** What has come to that path so far, in order. */
  arrivals(path: string): readonly Arrival[] {
    return this.#arrivals.get(path) ?? []
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    for (const server of this.#servers) {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    }
  }

  #receive(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('error', () => {})
    request.on('end', () => {
      const path = request.url ?? ''
      const { method = '', rawHeaders } = request
      const body = Buffer.concat(chunks)
      const arrival = { method, rawHeaders, body, timeMs: performance.now() }
      const token = path.split('/')[1] ?? ''
      if (!isOurs(arrival, token)) {
        response.writeHead(202).end()
        return
      }
      const before = this.#arrivals.get(path) ?? []
      const script = this.#scripts.get(path) ?? []
      const answer = script[Math.min(before.length, script.length - 1)] ?? {}
      this.#arrivals.set(path, [...before, arrival])
      const timer = setTimeout(() => write(response, answer), answer.afterMs ?? 0)
      response.on('close', () => clearTimeout(timer))
    })
  }
}

function isOurs({ rawHeaders, body }: Arrival, token: string): boolean {
  return rawHeaders.some((text) => text.includes(token)) || body.includes(token)
}

function write(response: ServerResponse, answer: Answer): void {
  const { status = 202, headers = {}, body, interim, instead } = answer
  if (instead === 'hang') return
  if (instead === 'close') {
    response.req.socket.destroy()
    return
  }
  if (interim) response.writeProcessing()
  response.writeHead(status, { ...headers })
  if (instead === 'stall') response.write('.')
  else response.end(body)
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
