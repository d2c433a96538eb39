import { isIP } from 'node:net'
import { Problem } from '#problems/problem.ts'
import { isLoopback } from './is-loopback.ts'

/**
 * Refuses a request whose `Host` names another server, which is how a web page reaches a local
 * service through a name of its own (DNS rebinding). Loopback's names are right, and `listening`,
 * the address that the server listens on; where that is all interfaces, any address, but no name.
 *
 * @throws Problem `host-refused`
 */
export function checkHost(header: string | undefined, listening: string): void {
  const host = hostName(header ?? '')
  if (isLoopback(host) || host === listening.toLowerCase()) return
  const isAny = listening === '0.0.0.0' || listening === '::'
  if (isAny && isIP(host) !== 0) return
  throw new Problem(
    'host-refused',
    'Cannot answer: the Host header names another server; use localhost or the address in ADMIN_HOST',
  )
}

/** The name or address in a `Host` header (RFC 9110, section 7.2), without port, brackets, final dot. */
function hostName(header: string): string {
  const text = header.toLowerCase()
  if (text.startsWith('[')) return text.slice(1, Math.max(1, text.indexOf(']')))
  const colon = text.indexOf(':')
  const name = colon < 0 ? text : text.slice(0, colon)
  return name.endsWith('.') ? name.slice(0, -1) : name
}
