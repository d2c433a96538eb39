import { canonicalValue } from './canonical-value.ts'
import type { CloudEvent } from './event.ts'

/** The size of an event in bytes: names and values of its attributes, in UTF-8, plus its data. */
export function eventSize(event: CloudEvent): number {
  let size = event.data?.length ?? 0
  for (const [name, value] of event.attributes) {
    size += name.length + Buffer.byteLength(canonicalValue(value))
  }
  return size
}
