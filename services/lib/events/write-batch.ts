import type { CloudEvent } from './event.ts'
import { writeStructured } from './write-structured.ts'

/**
 * The events as a batch in JSON format (JSON format 1.0.2, section 4), the body of a message of the
 * content type `application/cloudevents-batch+json`. They must have the same `specversion`.
 */
export function writeBatch(events: readonly CloudEvent[]): Buffer {
  const parts: Buffer[] = []
  for (const event of events) parts.push(parts.length === 0 ? OPEN : COMMA, writeStructured(event))
  return Buffer.concat([...(parts.length === 0 ? [OPEN] : parts), CLOSE])
}

const OPEN = Buffer.from('[')
const COMMA = Buffer.from(',')
const CLOSE = Buffer.from(']')
