import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify'
import { BadRequest } from './bad-request.ts'
import { PublishFailure } from './publish-failure.ts'

/** A Fastify app that answers what goes wrong as `application/problem+json` (RFC 9457). */
export function createApp(logger: FastifyBaseLogger): FastifyInstance {
  const app: FastifyInstance = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
    // An event of 1 MiB may come with attributes that are large themselves.
    bodyLimit: 2 * 1024 * 1024,
    http: { maxHeaderSize: 80 * 1024 },
    ajv: { customOptions: { coerceTypes: false, removeAdditional: false } },
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(reply, 404, `nothing is served at ${request.method} ${request.url.slice(0, 200)}`),
  )
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error instanceof BadRequest) return sendProblem(reply, error.status, error.message)
    if (error instanceof PublishFailure) {
      request.log.warn({ err: error }, 'The event was not published')
      return sendProblem(reply, error.status, `the event was not published: ${error.message}`)
    }
    const { statusCode = 500, message } = error
    if (statusCode < 500) return sendProblem(reply, statusCode, message)
    request.log.error({ err: error }, 'The request failed')
    return sendProblem(reply, 500, 'this service failed; the cause is in its log')
  })
  return app
}

function sendProblem(reply: FastifyReply, status: number, detail: string): FastifyReply {
  return reply
    .code(status)
    .type('application/problem+json')
    .send(JSON.stringify({ type: 'about:blank', status, detail }))
}
