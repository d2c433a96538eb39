import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  fastify,
} from 'fastify'
import { Problem, type ProblemType } from '#problems/problem.ts'
import type { Logger } from '#telemetry/logger.ts'
import { answerClientError } from './answer-client-error.ts'
import { BodyBudget } from './body-budget.ts'
import { expectsContinue } from './expects-continue.ts'
import { httpErrorProblem } from './http-error-problem.ts'
import { addProblemPages } from './problem-pages.ts'
import { problemReply } from './problem-reply.ts'
import { admitBody, readBody } from './read-body.ts'
import { requestPath } from './request-path.ts'
import { ServedPaths } from './served-paths.ts'

export interface ServerOptions {
  readonly logger: Pick<Logger, 'error'>
  /** The largest body, in bytes. */
  readonly bodyLimit: number
  /** The largest body of the content type `application/cloudevents-batch…`. */
  readonly batchBodyLimit?: number
  /** All bodies together that are being received at one time, in bytes; small ones do not count. */
  readonly maxBodyBytes?: number
  /** Request line and headers, in bytes. */
  readonly maxHeaderBytes?: number
  /** For the headers to arrive, in milliseconds. */
  readonly headersTimeoutMs?: number
  /** For the whole request to arrive, in milliseconds. */
  readonly requestTimeoutMs?: number
  readonly maxConnections?: number
  /**
   * Called for every request, before its body is read. What it throws is the answer; false says
   * that the route has no such address.
   */
  readonly admit?: (request: FastifyRequest, reply: FastifyReply) => boolean
  /** The methods of the addresses below a wildcard route, for `Allow`. */
  readonly allow?: (path: string) => string | undefined
  /** Called for each request that is refused. */
  readonly onProblem?: (type: ProblemType) => void
}

/** The content types that bodies are parsed by here: Fastify refuses the ones it cannot parse. */
const BODY = 'application/octet-stream'
const BATCH = 'application/cloudevents-batch+json'
const BATCH_PREFIX = 'application/cloudevents-batch'

/**
 * An HTTP server that reads every body as bytes (`Buffer`, or `undefined` where there is none),
 * whatever its content type, answers every failure with `application/problem+json`, and explains
 * them under `/problems`. A `Problem` that a route throws is its answer; anything else is logged
 * and answered as `internal`, without detail.
 *
 * A route must not rely on `request.headers['content-type']`, which is only what the body was
 * parsed by; `request.raw.rawHeaders` has the request's own.
 */
export function createServer(options: ServerOptions): FastifyInstance {
  const { logger } = options
  const { headersTimeoutMs = 10_000, requestTimeoutMs = 30_000 } = options
  const nextInstance = instances()
  const server = fastify({
    logger: false,
    // An id is made only for a request that fails: nothing else shows one.
    genReqId: () => '',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 1024 },
    http: {
      maxHeaderSize: options.maxHeaderBytes ?? 80 * 1024,
      // The missing Host is answered as a problem, below.
      requireHostHeader: false,
      headersTimeout: headersTimeoutMs,
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: Math.min(1000, headersTimeoutMs),
    },
    requestTimeout: requestTimeoutMs,
    frameworkErrors: (error, request, reply) => {
      closeIfExpecting(request.raw, reply)
      fail(error, reply)
    },
    clientErrorHandler: (error, socket) => {
      const problem = answerClientError(error, socket, nextInstance())
      if (problem !== undefined) options.onProblem?.(problem.type)
    },
  })

  const fail = (error: unknown, reply: FastifyReply) => {
    const instance = nextInstance()
    const known = httpErrorProblem(error)
    if (known === undefined) logger.error({ err: error, instance }, 'A request failed')
    const problem = known ?? new Problem('internal', 'The request failed; the cause is in the log')
    options.onProblem?.(problem.type)
    problemReply(reply, problem, instance)
  }
  server.setErrorHandler<FastifyError>((error, _request, reply) => fail(error, reply))
  listenOnConnections(server, options.maxConnections ?? 4096)
  addFirstStep(server, options, parseBodies(server, options))
  addProblemPages(server)
  return server
}

function listenOnConnections({ server }: FastifyInstance, maxConnections: number): void {
  server.maxConnections = maxConnections
  // Node drops headers beyond a count without a word; their size is bounded anyway.
  server.maxHeadersCount = 0
  // So that a request can be refused before its sender is told to go on with the body.
  server.on('checkContinue', (request, response) => server.emit('request', request, response))
  // So that it is refused as a problem.
  server.on('checkExpectation', (request, response) => server.emit('request', request, response))
}

/** Reads the bodies as bytes; what it returns refuses one before it is read, by throwing. */
function parseBodies(
  server: FastifyInstance,
  { bodyLimit, batchBodyLimit = bodyLimit, maxBodyBytes = 64 * 1024 * 1024 }: ServerOptions,
): (request: IncomingMessage, type: string) => void {
  const budget = new BodyBudget(Math.max(maxBodyBytes, 2 * batchBodyLimit))
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(BODY, (_request, body, done) =>
    readBody(body, bodyLimit, budget, done),
  )
  server.addContentTypeParser(BATCH, (_request, body, done) =>
    readBody(body, batchBodyLimit, budget, done),
  )
  return (request, type) => admitBody(request, type === BATCH ? batchBodyLimit : bodyLimit, budget)
}

function addFirstStep(
  server: FastifyInstance,
  options: ServerOptions,
  checkLength: (request: IncomingMessage, type: string) => void,
): void {
  const { admit } = options
  const served = new ServedPaths()
  server.addHook('onRoute', ({ method, url }) => served.add(method, url))
  const allow = (path: string) => options.allow?.(path) ?? served.allow(path)
  server.setNotFoundHandler((request, reply) => refuseAddress(request, reply, allow))
  server.addHook('onRequest', (request, reply, done) => {
    const { raw } = request
    try {
      const { headers } = raw
      checkVersion(raw)
      const isWaiting = expectsContinue(raw)
      const isServed = (admit === undefined || admit(request, reply)) && !request.is404
      if (!isServed) refuseAddress(request, reply, allow)
      const type = parsedAs(headers['content-type'])
      checkLength(raw, type)
      headers['content-type'] = type
      if (isWaiting) reply.raw.writeContinue()
      done()
    } catch (error) {
      closeIfExpecting(raw, reply)
      done(error as Error)
    }
  })
}

function checkVersion({ httpVersionMajor, httpVersionMinor, headers }: IncomingMessage): void {
  if (httpVersionMajor !== 1) {
    throw new Problem('request-malformed', 'Cannot read the request: it is not HTTP/1')
  }
  if (headers.host === undefined && httpVersionMinor > 0) {
    throw new Problem('request-malformed', 'Cannot read the request: it has no Host header')
  }
}

/**
 * Whoever is refused while waiting for 100 Continue may or may not send the body, so what comes next
 * on the connection cannot be told.
 */
function closeIfExpecting({ headers }: IncomingMessage, { raw }: FastifyReply): void {
  if (headers.expect !== undefined) raw.setHeader('connection', 'close')
}

/** Throws `method-not-allowed` with `Allow` where the address takes other methods, else `not-found`. */
function refuseAddress(
  request: FastifyRequest,
  reply: FastifyReply,
  allow: (path: string) => string | undefined,
): never {
  const methods = allow(requestPath(request.raw.url ?? ''))
  if (methods === undefined) {
    throw new Problem('not-found', 'Cannot serve the request: nothing has this address')
  }
  reply.header('allow', methods)
  throw new Problem(
    'method-not-allowed',
    `Cannot serve the request: this address takes ${methods}, not ${request.method}`,
  )
}

function parsedAs(contentType: string | undefined): string {
  if (contentType === undefined || contentType.length < BATCH_PREFIX.length) return BODY
  const prefix = contentType.slice(0, BATCH_PREFIX.length)
  return prefix === BATCH_PREFIX || prefix.toLowerCase() === BATCH_PREFIX ? BATCH : BODY
}

function instances(): () => string {
  const process = randomBytes(4).toString('hex')
  let count = 0
  return () => `${process}-${(++count).toString(36)}`
}
