import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import type { Registry } from 'prom-client'
import type { ReadLimits } from '#events/read-limits.ts'
import { createServer, type ServerOptions } from '#http/create-server.ts'
import { addHealth, type Health } from '#http/health.ts'
import { listen } from '#http/listen.ts'
import { requestPath } from '#http/request-path.ts'
import { stopServer } from '#http/stop-server.ts'
import type { EventLogs } from '#log/event-log.ts'
import { Problem } from '#problems/problem.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import { atMost } from '#time/at-most.ts'
import type { Clock } from '#time/clock.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'
import { Dedup } from './dedup.ts'
import { IngressBrokers } from './ingress-brokers.ts'
import { createGatewayMetrics } from './metrics.ts'
import { createReceiver } from './receive-events.ts'
import { RecentIds } from './recent-ids.ts'
import { refillDedup } from './refill-dedup.ts'

/** How many ids dedup remembers, of all Brokers together. */
const DEDUP_IDS = 1_000_000

/**
 * How long a start waits for storage that other machines provide, before it goes on without. Kafka
 * takes three seconds by default to let the first member of a group begin.
 */
const SHARED_PATIENCE_MS = 8000

/**
 * How long one of several that stops still takes what is sent to it: whoever divides the requests
 * needs a moment to notice, and a request on its way to a connection that closes has no answer.
 */
const DRAIN_MS = 500

export interface GatewayOptions {
  /**
   * Whose storage it is. `own`, this process's: what is wrong with it makes the server unready, and
   * dedup knows from it what came before a restart. `shared` with other processes: the server is
   * starting until every log could be opened once, and from then on a fault is only shown, because
   * a Service without endpoints would hide the 503 that each Broker answers. Dedup then begins
   * empty, as another replica may have taken what came before.
   */
  readonly storage: 'own' | 'shared'
  readonly logs: Pick<EventLogs, 'open'>
  readonly triggers: Pick<TriggerSource, 'snapshot' | 'onChange'>
  readonly schemas: SchemaGate
  readonly tracing: Tracing | undefined
  readonly registry: Registry
  readonly logger: Logger
  readonly clock: Clock
  readonly limits: ReadLimits
  readonly host: string
  readonly port: number
  readonly dedupIds?: number
  /** The secret that ids are hashed with, 16 bytes or more. */
  readonly dedupKey?: Uint8Array
  readonly http?: Pick<ServerOptions, 'headersTimeoutMs' | 'requestTimeoutMs' | 'maxConnections'>
}

export interface Gateway {
  /**
   * Listens at once, `/readyz` saying "starting"; resolves with the server's URL when events are
   * taken. A Broker whose log cannot be opened does not hold that up: `/readyz` says what is wrong.
   * Nor does shared storage that does not answer, beyond eight seconds.
   * @throws Error that names the setting to change, when the address cannot be had.
   */
  start(): Promise<string>
  /**
   * Takes no more requests, and resolves when those under way are answered, or after `graceMs`
   * milliseconds, when their connections are cut. On shared storage it is not ready at once, and
   * takes no more half a second later, for others have to take over.
   */
  stop(graceMs: number): Promise<void>
  readonly health: () => Health
  readonly server: FastifyInstance
}

/** The ingress: `POST /<namespace>/<broker>`, and `/healthz` and `/readyz`. */
export function createGateway(options: GatewayOptions): Gateway {
  const { clock, logger, triggers } = options
  const isShared = options.storage === 'shared'
  const capacity = options.dedupIds ?? DEDUP_IDS
  const ids = new RecentIds(options.dedupKey ?? randomBytes(32), capacity)
  const dedup = new Dedup(ids, clock)
  const metrics = createGatewayMetrics(options.registry, () => ids.forgotten)
  const brokers = new IngressBrokers({
    logs: options.logs,
    metrics,
    prepare: async (broker, log, signal) => {
      if (!isShared) await refillDedup(dedup, broker, log, { clock, capacity, signal })
    },
    opened: () => {
      if (isShared && state === 'starting' && brokers.areOpen()) state = 'ready'
    },
    clock,
    logger,
  })
  let state: Health['state'] = 'starting'
  let isRefusing = false
  const health = (): Health => {
    const faults = brokers.faults()
    return isShared ? { state, faults: [], warnings: faults } : { state, faults }
  }
  const server = createServer({
    ...options.http,
    ...bodyLimits(options.limits),
    logger,
    admit: ({ raw }, reply) => {
      if (raw.method !== 'POST') return true
      const ingress = brokers.find(raw.url ?? '')
      if (ingress === undefined) return refuseUnknown(raw.url ?? '')
      if (isRefusing) refuseStopping(reply.raw)
      ingress.writableLog()
      return true
    },
    allow: (path) => (brokers.find(path) === undefined ? undefined : 'POST'),
    onProblem: metrics.rejected,
  })
  const receive = createReceiver({ ...options, dedup, isStopping: () => state === 'stopping' })
  addHealth(server, health)
  server.post('/*', (request, reply) => {
    const ingress = brokers.find(request.raw.url ?? '')
    // It can vanish while a body is on its way.
    if (ingress === undefined) throw unknownBroker()
    receive(ingress, request, reply)
  })
  let unfollow = () => {}
  return {
    server,
    health,
    async start() {
      const url = await listen(server, options, ['HOST', 'PORT'])
      // Never rejects: a log that cannot be opened is a fault in the health.
      unfollow = triggers.onChange((snapshot) => void brokers.follow(snapshot))
      const followed = brokers.follow(triggers.snapshot())
      await (isShared ? atMost(SHARED_PATIENCE_MS, followed, clock) : followed)
      if (state === 'starting' && (!isShared || brokers.areOpen())) state = 'ready'
      return url
    },
    async stop(graceMs) {
      state = 'stopping'
      if (isShared) await passed(Math.min(DRAIN_MS, graceMs), clock)
      isRefusing = true
      unfollow()
      brokers.close()
      await stopServer(server, clock, graceMs)
    },
  }
}

async function passed(ms: number, clock: Clock): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  clock.after(ms, resolve)
  await promise
}

/**
 * What the HTTP server takes, roughly; the exact sizes are checked when the events are read. In
 * JSON an event can be twice its size (escapes, base64).
 */
function bodyLimits({
  maxEventBytes,
}: ReadLimits): Pick<ServerOptions, 'bodyLimit' | 'batchBodyLimit'> {
  return { bodyLimit: 2 * maxEventBytes + 64 * 1024, batchBodyLimit: 16 * maxEventBytes }
}

/** False where the address is not that of an ingress at all. */
function refuseUnknown(target: string): false {
  const [before, namespace, name, ...rest] = requestPath(target).split('/')
  const isBroker = before === '' && namespace && name && rest.join('') === '' && rest.length < 2
  if (isBroker && namespace !== 'problems') throw unknownBroker()
  return false
}

function unknownBroker(): Problem {
  return new Problem(
    'broker-unknown',
    'Cannot take events: there is no Broker at this address; it is /<namespace>/<broker>',
  )
}

function refuseStopping(response: { setHeader(name: string, value: string): unknown }): never {
  response.setHeader('connection', 'close')
  throw new Problem('not-ready', 'Cannot take events: this server is stopping; send them again', {
    retryAfterSeconds: 1,
  })
}
