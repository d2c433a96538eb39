import type { FastifyInstance } from 'fastify'
import type { Clock } from '#time/clock.ts'

/**
 * Accepts no more connections and closes the idle ones; resolves when the requests under way are
 * answered. After `graceMs` milliseconds their connections are cut.
 */
export async function stopServer(
  server: FastifyInstance,
  clock: Pick<Clock, 'after'>,
  graceMs: number,
): Promise<void> {
  const cancel = clock.after(graceMs, () => server.server.closeAllConnections())
  try {
    await server.close()
  } finally {
    cancel()
  }
}
