import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { createApp } from '../create-app.ts'

/** Answers every event with 500, so that retries and dead letters can be seen. */
export function createAlwaysFails(logger: FastifyBaseLogger): FastifyInstance {
  const app = createApp(logger)
  let attempts = 0
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))

  app.post('/', async (_request, reply) => {
    attempts++
    return reply.code(500).send({ detail: 'always-fails fails, as its name says' })
  })
  app.get('/', async () => ({ attempts }))
  return app
}
