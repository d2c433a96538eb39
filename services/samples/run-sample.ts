import closeWithGrace from 'close-with-grace'
import type { FastifyInstance } from 'fastify'

/** Runs a sample as a process of its own: listens at HOST and PORT, and closes on SIGTERM. */
export async function runSample(
  app: FastifyInstance,
  env: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const { HOST: host = '127.0.0.1', PORT: port = '8080' } = env
  closeWithGrace({ delay: 10_000 }, async ({ err }) => {
    if (err) app.log.error({ err }, 'Unexpected failure')
    await app.close()
  })
  await app.listen({ host, port: Number(port) })
}
