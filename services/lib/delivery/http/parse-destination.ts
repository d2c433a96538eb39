import { createHash } from 'node:crypto'
import { isIP } from 'node:net'

/** What a destination URL means to a connection and to a request. */
export interface Destination {
  /** Scheme, host and port, and who may vouch for it: what a connection is good for. */
  readonly peer: string
  /** Host and port, for error messages. */
  readonly host: string
  /** A name or an address, an IPv6 address without brackets. */
  readonly hostname: string
  readonly port: number
  readonly isSecure: boolean
  /** The host as a server's certificate is asked for; `undefined` for an address. */
  readonly servername: string | undefined
  /** Who may vouch for it, beside whom this process trusts. PEM. */
  readonly caCerts: string | undefined
  /** The request line, and the header fields that are the same for all requests to it. */
  readonly requestStart: string
}

/**
 * Reads a destination URL; `undefined` where it is no http or https URL. A user is left out.
 * Certificates (PEM) mean something only to https.
 */
export function parseDestination(url: string, caCerts?: string): Destination | undefined {
  const parsed = URL.parse(url)
  if (parsed === null) return undefined
  const isSecure = parsed.protocol === 'https:'
  if (!isSecure && parsed.protocol !== 'http:') return undefined
  const { origin, host, pathname, search } = parsed
  const hostname = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  return {
    peer: isSecure && caCerts !== undefined ? `${origin} ${digest(caCerts)}` : origin,
    host,
    hostname,
    port: parsed.port === '' ? (isSecure ? 443 : 80) : Number(parsed.port),
    isSecure,
    servername: isIP(hostname) === 0 ? hostname : undefined,
    caCerts: isSecure ? caCerts : undefined,
    requestStart: `POST ${pathname}${search} HTTP/1.1\r\nhost: ${host}\r\nconnection: keep-alive\r\n`,
  }
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64')
}
