import { Problem } from '#problems/problem.ts'

/**
 * The Problem behind an error that a request ended with: the error itself, or what Fastify's own
 * error or a broken connection means. `undefined` where it is a bug.
 */
export function httpErrorProblem(error: unknown): Problem | undefined {
  if (error instanceof Problem) return error
  if (!(error instanceof Error)) return undefined
  const code = 'code' in error ? error.code : undefined
  switch (code) {
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
    case 'FST_ERR_NOT_FOUND':
      return new Problem('not-found', 'Cannot serve the request: nothing has this address')
    case 'ECONNRESET':
      return malformed('its sender closed the connection')
  }
  const status = 'statusCode' in error ? error.statusCode : undefined
  const isRefusal = typeof status === 'number' && status >= 400 && status < 500
  return isRefusal ? malformed('it is not valid HTTP') : undefined
}

function malformed(reason: string): Problem {
  return new Problem('request-malformed', `Cannot read the request: ${reason}`)
}
