import { createRequire } from 'node:module'
import type { Socket } from 'node:net'

/**
 * What is used of kafkajs 2.2.4 below its public API: connections with TLS and SASL, and the
 * requests of Kafka's protocol. Its own producer, consumer and retries are not: they lose
 * acknowledged records when a leader changes. 2.2.4 is its last release, so these do not move.
 */

/** A request of Kafka's protocol with how its answer is read. */
export interface Protocol<T = unknown> {
  readonly request: object
  readonly response: {
    decode(payload: Buffer): Promise<T>
    parse(decoded: T): Promise<unknown>
  }
}

interface RequestDefinition {
  readonly versions: readonly string[]
}

export interface Connection {
  readonly clientId: string
  readonly requestQueue: RequestQueue
  connectionStatus: string
  socket?: Socket
  isConnected(): boolean
  nextCorrelationId(): number
  rejectRequests(error: Error): void
  send(protocol: Protocol): Promise<unknown>
}

export interface RequestQueue {
  readonly pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  scheduleCheckPendingRequests(): void
  destroy(): void
  push(request: {
    readonly entry: {
      readonly apiKey: number
      readonly apiName: string
      readonly apiVersion: number
      readonly correlationId: number
      readonly resolve: (answer: { readonly payload: Buffer }) => void
      readonly reject: (error: unknown) => void
    }
    readonly expectResponse: boolean
    readonly requestTimeout: number | null
    readonly sendRequest: () => void
  }): void
}

export interface ConnectionPool {
  readonly pool: readonly Connection[]
  getConnectionByRequest(request: unknown): Promise<Connection>
  getConnection(index?: number): Promise<Connection>
}

/** One broker: connects, asks for its versions, logs in. */
export interface Broker {
  connect(): Promise<void>
  readonly lookupRequest: (
    apiKey: number,
    definition: RequestDefinition,
  ) => (args: object) => Protocol
  joinGroup(options: object): Promise<{
    readonly memberId: string
    readonly generationId: number
    readonly leaderId: string
    readonly members: readonly { readonly memberId: string; readonly memberMetadata: Buffer }[]
  }>
}

interface SilentLogger {
  namespace(): SilentLogger
  debug(): void
  info(): void
  warn(): void
  error(): void
}

const require = createRequire(import.meta.url)

export const BrokerClass: new (options: {
  connectionPool: ConnectionPool
  logger: SilentLogger
  authenticationTimeout: number
  allowAutoTopicCreation: boolean
}) => Broker = require('kafkajs/src/broker/index.js')

export const ConnectionPoolClass: new (options: object) => ConnectionPool =
  require('kafkajs/src/network/connectionPool.js')

export const apiKeys: Readonly<Record<string, number>> =
  require('kafkajs/src/protocol/requests/apiKeys.js')

const { requests } = require('kafkajs/src/protocol/requests/index.js') as {
  requests: Readonly<Record<string, RequestDefinition>>
}

const { errorCodes } = require('kafkajs/src/protocol/error.js') as {
  errorCodes: readonly { readonly type: string; readonly code: number; readonly message: string }[]
}

/** kafkajs knows these by the names that they had before Kafka 2.6. */
const RENAMED: Readonly<Record<string, string>> = {
  NOT_LEADER_FOR_PARTITION: 'NOT_LEADER_OR_FOLLOWER',
  NOT_COORDINATOR_FOR_GROUP: 'NOT_COORDINATOR',
  GROUP_COORDINATOR_NOT_AVAILABLE: 'COORDINATOR_NOT_AVAILABLE',
  GROUP_LOAD_IN_PROGRESS: 'COORDINATOR_LOAD_IN_PROGRESS',
}

/** Kafka's own name for an error that kafkajs names. */
export function errorName(type: string): string {
  return RENAMED[type] ?? type
}

const byCode = new Map(errorCodes.map((error) => [error.code, error]))

/** Kafka's name and words for an error code of its protocol. */
export function describeCode(code: number): { readonly code: string; readonly message: string } {
  const known = byCode.get(code)
  if (known === undefined) return { code: `ERROR_${code}`, message: `Kafka answered error ${code}` }
  return { code: errorName(known.type), message: known.message }
}

/** A request by its name, in the newest version that both sides know. */
export function lookUp(broker: Broker, name: string): (args: object) => Protocol {
  const apiKey = apiKeys[name]
  const definition = requests[name]
  if (apiKey === undefined || definition === undefined) throw new TypeError(`No request ${name}`)
  return broker.lookupRequest(apiKey, definition)
}

/** kafkajs logs each lost connection as an error; whoever asked is told by a rejection. */
export const silent: SilentLogger = {
  namespace: () => silent,
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
}

const CHECK_MS = 10

const RequestQueueClass: {
  prototype: RequestQueue
} = require('kafkajs/src/network/requestQueue/index.js')

// The original asks each millisecond whether it may send, also when there is nothing to send (kafkajs
// issue 1751), which costs 3 % of a core per connection on Node 24.
RequestQueueClass.prototype.scheduleCheckPendingRequests = function (this: RequestQueue) {
  if (this.pending.length === 0 || this.throttleCheckTimeoutId !== null) return
  const throttledMs = Math.max(0, this.throttledUntil - Date.now())
  this.throttleCheckTimeoutId = setTimeout(
    () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    },
    throttledMs === 0 ? CHECK_MS : throttledMs,
  )
}
