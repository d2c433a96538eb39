import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopback } from '#http/is-loopback.ts'
import { SluiceProcess } from '../support/sluice-process.ts'

const CARRIED = new Set(['traceparent', 'tracestate'])

/** What the harness asks for: a POST to `url` with `arguments` as its JSON body. */
interface Action {
  readonly url: string
  readonly arguments: unknown
}

/**
 * The service that the W3C's test harness for Trace Context talks to. Each call that the harness
 * asks for goes through a Sluice of its own, with spans: as an event to the ingress, with the trace
 * headers of the harness's request, and from the delivery, with the delivery's, back to the harness.
 * So nothing here knows what trace headers mean. It calls loopback addresses only.
 */
export class TraceContextService {
  readonly #server: Server
  readonly #sluice: SluiceProcess
  /** Called when an event has been delivered and its call made, by the event's id. */
  readonly #waiting = new Map<string, () => void>()

  private constructor(server: Server, sluice: SluiceProcess) {
    this.#server = server
    this.#sluice = sluice
  }

  /** Listens on loopback; port 0 is any free one. Keeps Sluice's files in `dir`. */
  static async start(dir: string, port: number): Promise<TraceContextService> {
    const server = createServer()
    server.listen(port, '127.0.0.1')
    await once(server, 'listening')
    const own = addressOf(server)
    const sluice = await SluiceProcess.start({
      dir,
      eventing: resources(`${own}/delivery`),
      // Spans have to go somewhere: they come back here, and are thrown away.
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: own, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' },
    })
    const service = new TraceContextService(server, sluice)
    server.on('request', (incoming, response) => {
      service.#take(incoming).then(
        () => response.end(),
        (error: unknown) => response.writeHead(500).end(String(error)),
      )
    })
    return service
  }

  /** What the harness is given as its service endpoint. */
  get url(): string {
    return `${addressOf(this.#server)}/test`
  }

  async close(): Promise<void> {
    await this.#sluice.stop()
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #take(incoming: IncomingMessage): Promise<void> {
    const body = Buffer.concat(await incoming.toArray()).toString()
    if (incoming.url === '/test') {
      const actions: readonly Action[] = JSON.parse(body)
      await Promise.all(actions.map((action) => this.#publish(action, traceHeaders(incoming))))
    } else if (incoming.url === '/delivery') {
      const made = call(JSON.parse(body), traceHeaders(incoming))
      await made.finally(this.#waiting.get(String(incoming.headers['ce-id'])))
    }
  }

  async #publish(action: Action, trace: readonly string[]): Promise<void> {
    const id = randomUUID()
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting.set(id, resolve)
    const event = ['ce-specversion', '1.0', 'ce-id', id, 'ce-source', '/harness', 'ce-type', 'call']
    await post(`${this.#sluice.ingressUrl}/default/default`, action, [...event, ...trace])
    await promise
    this.#waiting.delete(id)
  }
}

async function call(action: Action, trace: readonly string[]): Promise<void> {
  const { hostname } = new URL(action.url)
  if (!isLoopback(hostname)) throw new Error(`${hostname} is not on this machine`)
  await post(action.url, action.arguments, trace)
}

/** The trace headers as they came, name by name. */
function traceHeaders({ rawHeaders }: IncomingMessage): readonly string[] {
  const carried: string[] = []
  for (let i = 0; i + 1 < rawHeaders.length; i += 2) {
    const [name = '', value = ''] = rawHeaders.slice(i, i + 2)
    if (CARRIED.has(name.toLowerCase())) carried.push(name, value)
  }
  return carried
}

async function post(url: string, value: unknown, headers: readonly string[]): Promise<void> {
  const body = JSON.stringify(value)
  const length = String(Buffer.byteLength(body))
  const own = [
    'host',
    new URL(url).host,
    'content-type',
    'application/json',
    'content-length',
    length,
  ]
  const outgoing = request(url, { method: 'POST', headers: [...own, ...headers], agent: false })
  outgoing.end(body)
  const [answer]: IncomingMessage[] = await once(outgoing, 'response')
  answer?.resume()
  const status = answer?.statusCode ?? 0
  if (status >= 300) throw new Error(`${url} answered ${status}`)
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function resources(subscriber: string): string {
  return `apiVersion: eventing.knative.dev/v1
kind: Broker
metadata: { name: default }
---
apiVersion: eventing.knative.dev/v1
kind: Trigger
metadata: { name: calls }
spec:
  broker: default
  subscriber: { uri: "${subscriber}" }
  delivery: { retry: 0 }
`
}
