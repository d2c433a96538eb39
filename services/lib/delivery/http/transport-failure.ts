import type { ResponseFault } from './parse-response-head.ts'

/** Why an exchange broke off, and whether another attempt may fare better. */
export interface TransportFailure {
  /** One sentence, without payload or credentials. */
  readonly error: string
  readonly retryable: boolean
}

/** What is wrong with an exchange, beside the errors of its socket. */
export type ExchangeFault =
  | ResponseFault
  /** The connection ended, and the answer had not. */
  | 'closed'
  /** The request cannot be written. */
  | 'unwritable'

type Sentence = (host: string) => string

const closed: Sentence = (host) => `${host} closed the connection before its answer was complete`

const FAULTS: Readonly<Record<ExchangeFault, Sentence>> = {
  closed,
  unwritable: () => 'The request has a value that cannot be written as an HTTP header',
  'not-http': (host) => `${host} does not answer in HTTP/1.1`,
  'head-too-large': (host) => `The answer of ${host} has too many bytes of headers`,
  'bad-length': (host) => `The answer of ${host} has a Content-Length that is not one number`,
  'bad-coding': (host) => `The answer of ${host} has a Transfer-Encoding other than chunked`,
  'bad-chunk': (host) => `The answer of ${host} has a malformed chunked body`,
  'switched-protocol': (host) => `${host} switches to another protocol instead of answering`,
}

const SOCKET_ERRORS: Readonly<Record<string, Sentence>> = {
  ECONNREFUSED: (host) => `${host} refuses connections`,
  ENOTFOUND: (host) => `${host} is not a known host name`,
  EAI_AGAIN: (host) => `The name of ${host} cannot be looked up at the moment`,
  ECONNRESET: closed,
  EPIPE: closed,
}

/**
 * Explains an {@link ExchangeFault}, or an error of the connection to `host`, in words of its own:
 * the system's messages may quote what was sent. Only a request that cannot be written at all is
 * final.
 */
export function transportFailure(fault: unknown, host: string): TransportFailure {
  if (isExchangeFault(fault)) {
    return { error: FAULTS[fault](host), retryable: fault !== 'unwritable' }
  }
  const code = codeOf(fault)
  const error = SOCKET_ERRORS[code]?.(host) ?? `The connection to ${host} failed (${code})`
  return { error, retryable: true }
}

function isExchangeFault(fault: unknown): fault is ExchangeFault {
  return typeof fault === 'string' && Object.hasOwn(FAULTS, fault)
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
