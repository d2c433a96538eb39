import { canonicalValue } from './canonical-value.ts'
import type { CloudEvent } from './event.ts'

/** The canonical string of the event's attribute `name`; `undefined` where the event has none. */
export function stringAttribute(event: CloudEvent, name: string): string | undefined {
  const value = event.attributes.get(name)
  return value === undefined ? undefined : canonicalValue(value)
}
