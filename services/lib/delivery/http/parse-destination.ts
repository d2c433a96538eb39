/** What a destination URL means to a connection and to a request line. */
export interface Destination {
  /** Scheme, host and port. */
  readonly origin: string
  /** Host and port, for error messages. */
  readonly host: string
  /** Path and query. */
  readonly path: string
}

/** Reads a destination URL; `undefined` where it is no http or https URL. */
export function parseDestination(url: string): Destination | undefined {
  const parsed = URL.parse(url)
  if (parsed === null) return undefined
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') return undefined
  return { origin: parsed.origin, host: parsed.host, path: parsed.pathname + parsed.search }
}
