import { randomBytes } from 'node:crypto'

/** A name for a topic, group, namespace or Broker that nobody else has. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`
}
