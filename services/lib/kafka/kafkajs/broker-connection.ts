import net from 'node:net'
import tls from 'node:tls'
import { KafkaError } from '../kafka-error.ts'
import type { KafkaSecurity } from '../kafka-settings.ts'
import { kafkaFailure } from './kafka-failure.ts'
import {
  type Broker,
  BrokerClass,
  type Connection,
  type ConnectionPool,
  ConnectionPoolClass,
  lookUp,
  type Protocol,
  silent,
} from './kafkajs-internals.ts'

const CONNECT_MS = 2000
const LOGIN_MS = 5000
const KEEP_ALIVE_MS = 30_000
/** Timers of our own end requests, so that a broker that stalls costs its connection. */
const NO_TIMEOUT_MS = 2 ** 30

export interface Address {
  readonly host: string
  readonly port: number
}

/** A request as bytes, without the frame's head, and how its answer is read. */
export interface RawRequest<T> {
  readonly apiKey: number
  readonly apiVersion: number
  readonly apiName: string
  readonly body: Buffer
  readonly decode: (payload: Buffer) => T
}

/**
 * One connection to one broker, logged in. Requests are answered in their order. When one takes too
 * long, or the connection ends, all that wait on it fail, and it is of no use any more.
 */
export class BrokerConnection {
  readonly #where: string
  readonly #pool: ConnectionPool
  readonly #broker: Broker
  #connection: Connection | undefined
  #isCut = false

  private constructor(address: Address, clientId: string, security: KafkaSecurity | undefined) {
    this.#where = `${address.host}:${address.port}`
    this.#pool = new ConnectionPoolClass({
      ...address,
      clientId,
      ssl: tlsOptions(security),
      sasl: saslOptions(security),
      socketFactory,
      connectionTimeout: CONNECT_MS,
      requestTimeout: NO_TIMEOUT_MS,
      enforceRequestTimeout: false,
      logger: silent,
    })
    // One connection is enough: what may take long has a lane of its own.
    this.#pool.getConnectionByRequest = () => this.#pool.getConnection(0)
    this.#broker = new BrokerClass({
      connectionPool: this.#pool,
      logger: silent,
      authenticationTimeout: LOGIN_MS,
      allowAutoTopicCreation: false,
    })
  }

  /** @throws KafkaError `CONNECTION`, `SASL_AUTHENTICATION_FAILED` */
  static async open(
    address: Address,
    clientId: string,
    security: KafkaSecurity | undefined,
  ): Promise<BrokerConnection> {
    const opened = new BrokerConnection(address, clientId, security)
    try {
      await opened.#within(CONNECT_MS + LOGIN_MS, opened.#broker.connect())
    } catch (error) {
      opened.cut()
      throw error
    }
    opened.#connection = opened.#pool.pool[0]
    return opened
  }

  get isOpen(): boolean {
    return !this.#isCut && this.#connection?.isConnected() === true
  }

  /** A request that kafkajs knows by name; the answer is returned as it was decoded, errors and all. */
  async ask<T>(name: string, args: object, timeoutMs: number): Promise<T> {
    const { request, response } = lookUp(this.#broker, name)(args) as Protocol<T>
    const raw: Protocol<T> = {
      request,
      response: { decode: response.decode, parse: async (d) => d },
    }
    return (await this.#within(timeoutMs, this.#open().send(raw))) as T
  }

  /** JoinGroup, which asks twice when the broker wants to give the member its id first. */
  joinGroup(options: object, timeoutMs: number): ReturnType<Broker['joinGroup']> {
    return this.#within(timeoutMs, this.#broker.joinGroup(options))
  }

  /** A request that was written by us: what carries records passes through no other hands. */
  async send<T>(request: RawRequest<T>, timeoutMs: number): Promise<T> {
    const connection = this.#open()
    const { apiKey, apiName, apiVersion, body, decode } = request
    const correlationId = connection.nextCorrelationId()
    const head = frameHead(request, correlationId, connection.clientId)
    const answered = new Promise<{ readonly payload: Buffer }>((resolve, reject) => {
      connection.requestQueue.push({
        entry: { apiKey, apiName, apiVersion, correlationId, resolve, reject },
        expectResponse: true,
        requestTimeout: null,
        sendRequest: () => {
          connection.socket?.cork()
          connection.socket?.write(head)
          connection.socket?.write(body)
          connection.socket?.uncork()
        },
      })
    })
    return decode((await this.#within(timeoutMs, answered)).payload)
  }

  /** Ends it at once. What waits on it is rejected. */
  cut(
    error: Error = new KafkaError('CONNECTION', `${this.#where}: the connection was closed`),
  ): void {
    this.#isCut = true
    for (const connection of this.#pool.pool) {
      connection.rejectRequests(error)
      connection.requestQueue.destroy()
      connection.socket?.destroy()
      connection.connectionStatus = 'disconnected'
    }
  }

  #open(): Connection {
    const connection = this.#connection
    if (connection !== undefined && this.isOpen) return connection
    throw new KafkaError('CONNECTION', `${this.#where}: the connection is closed`)
  }

  /** Whatever does not answer in time costs the connection: everything behind it would wait, too. */
  async #within<T>(ms: number, answer: Promise<T>): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>()
    const timer = setTimeout(() => {
      const error = new KafkaError('REQUEST_TIMED_OUT', `${this.#where}: no answer in ${ms} ms`)
      this.cut(error)
      reject(error)
    }, ms)
    try {
      return await Promise.race([answer, late])
    } catch (error) {
      throw kafkaFailure(error, this.#where)
    } finally {
      clearTimeout(timer)
    }
  }
}

function socketFactory({
  host,
  port,
  ssl,
  onConnect,
}: {
  host: string
  port: number
  ssl: tls.ConnectionOptions | null
  onConnect: () => void
}): net.Socket {
  const servername = net.isIP(host) === 0 ? { servername: host } : {}
  const socket = ssl
    ? tls.connect({ host, port, ...servername, ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect)
  socket.setNoDelay(true)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  // The parts of kafkajs that closed it may listen no more.
  socket.on('error', () => undefined)
  return socket
}

function tlsOptions(security: KafkaSecurity | undefined): tls.ConnectionOptions | null {
  if (security === undefined || !security.protocol.endsWith('SSL')) return null
  const { ca, certificate, key } = security
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key }),
  }
}

function saslOptions(security: KafkaSecurity | undefined): object | null {
  if (security?.sasl === undefined || !security.protocol.startsWith('SASL_')) return null
  const { mechanism, user, password } = security.sasl
  return { mechanism: mechanism.toLowerCase(), username: user, password }
}

const HEAD_BYTES = 14

/** The length of the frame, and the head of the request (Kafka protocol, request header v1). */
function frameHead(
  { apiKey, apiVersion, body }: RawRequest<unknown>,
  correlationId: number,
  clientId: string,
): Buffer {
  const id = Buffer.from(clientId)
  const head = Buffer.allocUnsafe(HEAD_BYTES + id.length)
  head.writeInt32BE(HEAD_BYTES - 4 + id.length + body.length, 0)
  head.writeInt16BE(apiKey, 4)
  head.writeInt16BE(apiVersion, 6)
  head.writeInt32BE(correlationId, 8)
  head.writeInt16BE(id.length, 12)
  id.copy(head, HEAD_BYTES)
  return head
}
