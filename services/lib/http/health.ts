import type { FastifyInstance } from 'fastify'

/** Whether a server should get requests. */
export interface Health {
  readonly state: 'starting' | 'ready' | 'stopping'
  /** What is wrong with this process's own storage, one sentence each. */
  readonly faults: readonly string[]
  /** What is wrong elsewhere, and does not make the server unready. */
  readonly warnings?: readonly string[]
}

/**
 * Adds `GET /healthz`, which is 200 while the process can answer, and `GET /readyz`, which is 503
 * while it starts, while it stops, and while its storage has a fault. Both bodies are JSON.
 */
export function addHealth(server: FastifyInstance, health: () => Health): void {
  server.get('/healthz', (_request, reply) => {
    reply.header('cache-control', 'no-store').send({ healthy: true })
  })
  server.get('/readyz', (_request, reply) => {
    const { state, faults, warnings = [] } = health()
    const ready = state === 'ready' && faults.length === 0
    reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ready, state, faults, warnings })
  })
}
