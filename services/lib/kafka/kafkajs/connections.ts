import type { Lane } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { KafkaSecurity } from '../kafka-settings.ts'
import { type Address, BrokerConnection } from './broker-connection.ts'

export interface ConnectionsOptions {
  readonly servers: readonly Address[]
  readonly clientId: string
  readonly security: KafkaSecurity | undefined
}

/** Open connections by lane and broker: one each, opened when it is needed, and again when it was lost. */
export class Connections {
  readonly #options: ConnectionsOptions
  readonly #open = new Map<string, Promise<BrokerConnection>>()
  #isClosed = false
  #nextServer = 0

  constructor(options: ConnectionsOptions) {
    this.#options = options
  }

  /** @throws KafkaError when it cannot be opened; the next call tries again. */
  async get(lane: Lane, address: Address): Promise<BrokerConnection> {
    const key = `${lane}|${address.host}:${address.port}`
    const known = this.#open.get(key)
    if (known !== undefined) {
      const connection = await known
      if (connection.isOpen) return connection
      if (this.#open.get(key) === known) this.#open.delete(key)
      return this.get(lane, address)
    }
    if (this.#isClosed) throw new KafkaError('CLOSED', 'The Kafka client is closed')
    const { clientId, security } = this.#options
    const opening = BrokerConnection.open(address, clientId, security)
    this.#open.set(key, opening)
    opening.then(
      (connection) => {
        if (this.#isClosed || this.#open.get(key) !== opening) connection.cut()
      },
      () => {
        if (this.#open.get(key) === opening) this.#open.delete(key)
      },
    )
    return opening
  }

  /**
   * Asks any broker: those that are known, then those of the configuration, each once.
   * @throws KafkaError of the last one
   */
  async anywhere<T>(
    lane: Lane,
    known: Iterable<Address>,
    use: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const { servers } = this.#options
    const first = this.#nextServer++ % servers.length
    const rotated = [...servers.slice(first), ...servers.slice(0, first)]
    let failure: unknown
    const tried = new Set<string>()
    for (const address of [...known, ...rotated]) {
      const name = `${address.host}:${address.port}`
      if (tried.has(name)) continue
      tried.add(name)
      try {
        return await use(await this.get(lane, address))
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** Ends all connections of a lane. What waits on them is rejected. */
  cut(lane: Lane): void {
    for (const [key, opening] of this.#open) {
      if (!key.startsWith(`${lane}|`)) continue
      this.#open.delete(key)
      opening.then(
        (connection) => connection.cut(),
        () => undefined,
      )
    }
  }

  close(): void {
    this.#isClosed = true
    for (const [key, opening] of this.#open) {
      this.#open.delete(key)
      opening.then(
        (connection) => connection.cut(),
        () => undefined,
      )
    }
  }
}
