import { isIPv4 } from 'node:net'

/** Whether a host name or address, without port and brackets, can only be this machine. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIPv4(host) && host.startsWith('127.')
}
