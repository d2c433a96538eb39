import { isIPv6 } from 'node:net'
import { quoted } from './place.ts'

const SERVER = /^(?:\[(?<address>[^\]]{1,100})\]|(?<host>[A-Za-z0-9._-]{1,253})):(?<port>\d{1,5})$/

/**
 * `bootstrap.servers`: one or more of `host:port`, with commas between them; an IPv6 address in
 * brackets. Blanks around them and empty ones do not count, as in Knative.
 *
 * @throws SyntaxError that says how a server is written.
 */
export function parseBootstrapServers(text: string): readonly string[] {
  const servers = text.split(',').map((server) => server.trim())
  const named = servers.filter((server) => server !== '')
  if (named.length === 0) {
    throw new SyntaxError('must name a server as host:port; leave it out to use KAFKA_BROKERS')
  }
  for (const server of named) {
    if (isServer(server)) continue
    throw new SyntaxError(
      `${quoted(server)} is not host:port: write kafka:9092, or [::1]:9092, with commas between several`,
    )
  }
  return named
}

function isServer(server: string): boolean {
  const { address, port } = SERVER.exec(server)?.groups ?? {}
  const number = Number(port)
  return number >= 1 && number <= 65_535 && (address === undefined || isIPv6(address))
}
