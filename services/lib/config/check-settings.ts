import { isLoopback } from '#http/is-loopback.ts'
import { parseDuration } from '#triggers/parse-duration.ts'
import { parseServers } from './parse-servers.ts'
import type { Fault } from './read-config.ts'

/** Timers hold 24 days; nobody waits for one. */
const LONGEST_GRACE_MS = 24 * 60 * 60 * 1000

/** Those of the settings that are more than their own type says. */
interface Checked {
  readonly ADMIN_HOST?: string
  readonly ADMIN_TOKEN?: string
  readonly GRACE_PERIOD?: string
  readonly KAFKA_BROKERS?: string
}

/** What the settings that every process has demand of each other, for `readConfig`. */
export function checkSettings(values: Checked): readonly Fault[] {
  const { ADMIN_HOST, ADMIN_TOKEN, GRACE_PERIOD, KAFKA_BROKERS } = values
  const faults: Fault[] = []
  if (ADMIN_HOST !== undefined && ADMIN_TOKEN === undefined && !isLoopback(ADMIN_HOST)) {
    const expected = `a bearer token, because ADMIN_HOST ${ADMIN_HOST} can be reached from other machines`
    faults.push({ variable: 'ADMIN_TOKEN', expected })
  }
  if (GRACE_PERIOD !== undefined && parseDuration(GRACE_PERIOD) > LONGEST_GRACE_MS) {
    faults.push({ variable: 'GRACE_PERIOD', expected: 'at most P1D' })
  }
  if (parseServers(KAFKA_BROKERS)?.some((server) => !hasPort(server))) {
    faults.push({ variable: 'KAFKA_BROKERS', expected: 'ports from 1 to 65535' })
  }
  return faults
}

function hasPort(server: string): boolean {
  const port = Number(server.slice(server.lastIndexOf(':') + 1))
  return port >= 1 && port <= 65535
}
