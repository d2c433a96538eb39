/** Why an exchange broke off, and whether another attempt may fare better. */
export interface TransportFailure {
  /** One sentence, without payload or credentials. */
  readonly error: string
  readonly retryable: boolean
}

/**
 * Explains an error of the connection to `host` in words of its own: the library's messages may
 * quote what was sent. Only a request that cannot be written at all is final.
 */
export function transportFailure(error: unknown, host: string): TransportFailure {
  const code = codeOf(error)
  return { error: sentence(code, host), retryable: code !== 'UND_ERR_INVALID_ARG' }
}

function sentence(code: string, host: string): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `${host} refuses connections`
    case 'ENOTFOUND':
      return `${host} is not a known host name`
    case 'EAI_AGAIN':
      return `The name of ${host} cannot be looked up at the moment`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `${host} closed the connection before its answer was complete`
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return `The answer of ${host} is shorter or longer than its Content-Length`
    case 'UND_ERR_HEADERS_OVERFLOW':
      return `The answer of ${host} has too many bytes of headers`
    case 'UND_ERR_INVALID_ARG':
      return 'The event has an attribute that cannot be written as an HTTP header'
    case 'HTTPParserError':
      return `${host} does not answer in HTTP/1.1`
    default:
      if (code.startsWith('HPE_')) return `${host} does not answer in HTTP/1.1 (${code})`
      return `The connection to ${host} failed (${code})`
  }
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
