import type { FastifyInstance } from 'fastify'
import type { DeadLetterReader } from '#dead-letters/dead-letters.ts'
import { bearerCheck } from '#http/bearer-check.ts'
import { checkHost } from '#http/check-host.ts'
import { createServer } from '#http/create-server.ts'
import { addHealth, type Health } from '#http/health.ts'
import { isLoopback } from '#http/is-loopback.ts'
import { listen } from '#http/listen.ts'
import { requestPath } from '#http/request-path.ts'
import { stopServer } from '#http/stop-server.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import { addDeadLetters } from './add-dead-letters.ts'
import { addTriggers, type TriggerReader } from './add-triggers.ts'

export interface AdministrationOptions {
  /** For `/triggers`; a process that delivers nothing has none. */
  readonly triggers?: TriggerReader | undefined
  /** For `/dead-letters`; the same. */
  readonly deadLetters?: Pick<DeadLetterReader, 'list' | 'get'> | undefined
  /** All metrics, in Prometheus' text format. */
  readonly metrics: () => Promise<string>
  readonly readiness: () => Health
  readonly logger: Logger
  readonly clock: Clock
  readonly host: string
  readonly port: number
  /** What every request must carry as a bearer token; without one, only loopback is listened on. */
  readonly token?: string | undefined
}

export interface Administration {
  /**
   * Listens, and resolves with the server's URL.
   * @throws Error that names the setting to change, when the address cannot be had, or is not
   *   loopback and there is no token.
   */
  start(): Promise<string>
  /** Resolves when the requests under way are answered, or after `graceMs` milliseconds. */
  stop(graceMs: number): Promise<void>
  readonly server: FastifyInstance
}

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

/** Asked by probes, which have no token, or the same for everybody. */
const OPEN = /^\/(?:healthz|readyz|problems(?:\/[^/]*)?)$/

/**
 * What operators and the console ask: metrics, health, and, where they are known, Triggers and dead
 * letters. Every process serves one.
 */
export function createAdministration(options: AdministrationOptions): Administration {
  const { host, token, clock, triggers, deadLetters } = options
  const checkToken = token ? bearerCheck(token) : undefined
  const server = createServer({
    logger: options.logger,
    bodyLimit: 64 * 1024,
    admit: ({ raw }, reply) => {
      reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
      checkHost(raw.headers.host, host)
      if (!OPEN.test(requestPath(raw.url ?? ''))) checkToken?.(raw.headers.authorization)
      return true
    },
  })
  server.get('/', (_request, reply) => {
    reply.send({
      metrics: '/metrics',
      ...(triggers && { triggers: '/triggers' }),
      ...(deadLetters && { deadLetters: '/dead-letters' }),
      health: '/healthz',
      readiness: '/readyz',
      problems: '/problems',
    })
  })
  server.get('/metrics', async (_request, reply) =>
    reply.type(METRICS_TYPE).send(await options.metrics()),
  )
  if (triggers !== undefined) addTriggers(server, triggers)
  if (deadLetters !== undefined) addDeadLetters(server, deadLetters)
  addHealth(server, options.readiness)
  return {
    server,
    async start() {
      if (checkToken === undefined && !isLoopback(host)) {
        throw new Error(
          `Cannot open administration on ${host}: beyond loopback it needs a token; set ADMIN_TOKEN, or ADMIN_HOST to 127.0.0.1`,
        )
      }
      return await listen(server, options, ['ADMIN_HOST', 'ADMIN_PORT'])
    },
    stop: (graceMs) => stopServer(server, clock, graceMs),
  }
}
