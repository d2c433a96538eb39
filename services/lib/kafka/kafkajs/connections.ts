import type { Lane } from '../kafka-cluster.ts'
import { KafkaError } from '../kafka-error.ts'
import type { KafkaSecurity } from '../kafka-settings.ts'
import { type Address, BrokerConnection } from './broker-connection.ts'

/** Metadata is there in milliseconds, a new connection with a login in tens of them. */
const PATIENCE_MS = 500

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
  /** Who is asked first. */
  #turn = 0

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
   * Asks any broker: those that are known, then those of the configuration, each once and each
   * time another one first, since what one says may be out of date. The next one is asked as soon
   * as one fails, or has not answered for a while; the first answer counts.
   * @throws KafkaError of the last one
   */
  async anywhere<T>(
    lane: Lane,
    known: Iterable<Address>,
    use: (connection: BrokerConnection) => Promise<T>,
  ): Promise<T> {
    const turn = this.#turn++
    const addresses = new Map(
      [...rotated([...known], turn), ...rotated(this.#options.servers, turn)].map(
        (address) => [`${address.host}:${address.port}`, address] as const,
      ),
    )
    const asked: Promise<{ readonly value: T }>[] = []
    let failure: unknown
    for (const address of addresses.values()) {
      const answer = this.get(lane, address).then(async (it) => ({ value: await use(it) }))
      asked.push(answer)
      const ended = answer.catch((error: unknown): undefined => {
        failure = error
      })
      const found = await within(
        PATIENCE_MS,
        ended,
        Promise.any(asked).catch(() => undefined),
      )
      if (found) return found.value
    }
    const found = await Promise.any(asked).catch(() => undefined)
    if (found) return found.value
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

function rotated<T>(list: readonly T[], turn: number): readonly T[] {
  const first = turn % Math.max(1, list.length)
  return [...list.slice(first), ...list.slice(0, first)]
}

/** The first of these, or nothing after so many milliseconds. */
async function within<T>(ms: number, ...these: readonly Promise<T>[]): Promise<T | undefined> {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ms, undefined)
  return await Promise.race([...these, promise]).finally(() => clearTimeout(timer))
}
