import { canonicalValue } from '#events/canonical-value.ts'
import type { CloudEvent } from '#events/event.ts'

/** What orders deliveries: `partitionkey`. Events without one share one key per partition. */
export function orderKey(event: CloudEvent): string {
  const key = event.attributes.get('partitionkey')
  return key === undefined ? '' : canonicalValue(key)
}
