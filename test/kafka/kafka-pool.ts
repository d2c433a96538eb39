import { KafkaNode } from '../support/kafka/kafka-node.ts'
import type { KafkaRuntime } from '../support/kafka/kafka-runtime.ts'
import { KafkaTrio } from '../support/kafka/kafka-trio.ts'
import { TcpProxy } from '../support/tcp-proxy.ts'
import type { Kafkas } from './scenarios/scenario.ts'

interface Running<Kind extends keyof Kafkas = keyof Kafkas> {
  readonly kind: Kind
  readonly kafka: Kafkas[Kind]
  close(): Promise<void>
}

/** One Kafka at a time, of whichever kind is wanted, kept until another kind is. */
export class KafkaPool {
  readonly #runtime: KafkaRuntime
  #running: Running | undefined

  constructor(runtime: KafkaRuntime) {
    this.#runtime = runtime
  }

  async get<Kind extends keyof Kafkas>(kind: Kind): Promise<Kafkas[Kind]> {
    if (this.#running?.kind !== kind) {
      await this.close()
      this.#running = { kind, ...(await this.#start(kind)) }
    }
    return this.#running?.kafka as Kafkas[Kind]
  }

  async close(): Promise<void> {
    await this.#running?.close()
    this.#running = undefined
  }

  async #start(kind: keyof Kafkas): Promise<Omit<Running, 'kind'>> {
    if (kind === 'proxied') return await this.#startProxied()
    if (kind === 'trio') {
      const trio = await KafkaTrio.start(this.#runtime)
      return { kafka: trio, close: () => trio.close() }
    }
    const stock = { 'group.min.session.timeout.ms': 6000 }
    const node = await KafkaNode.start(this.#runtime, kind === 'stock' ? { properties: stock } : {})
    return { kafka: node, close: () => node.close() }
  }

  async #startProxied(): Promise<Omit<Running, 'kind'>> {
    const proxies = await Promise.all([TcpProxy.start(), TcpProxy.start(), TcpProxy.start()])
    const trio = await KafkaTrio.start(this.#runtime, (place) => {
      const advertised = proxies[place]?.address
      return advertised === undefined ? {} : { advertised }
    })
    for (const [place, proxy] of proxies.entries()) proxy.target = trio.nodes[place]?.port
    const close = async () => {
      await trio.close()
      await Promise.all(proxies.map((proxy) => proxy.close()))
    }
    return { kafka: { trio, proxies }, close }
  }
}
