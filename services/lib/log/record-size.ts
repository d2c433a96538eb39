import { canonicalValue } from '#events/canonical-value.ts'
import type { NewRecord } from './event-log.ts'

/** A record's bytes of attributes and data, about: text counts one byte a character. */
export function recordSize({ event }: NewRecord): number {
  let size = event.data?.length ?? 0
  for (const [name, value] of event.attributes) size += name.length + canonicalValue(value).length
  return size
}
