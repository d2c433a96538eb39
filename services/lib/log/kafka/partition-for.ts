import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import { partitionForKey } from './partition-for-key.ts'

/**
 * The partition of an event, out of `partitions`: by its `partitionkey`, where Kafka's own client
 * and so Knative's receiver put it, so that both keep one order; without one by `source` and `id`,
 * so that an event that is sent again meets its first copy.
 */
export function partitionFor(event: CloudEvent, partitions: number): number {
  if (partitions === 1) return 0
  const key = stringAttribute(event, 'partitionkey')
  const hashed = key ?? `${stringAttribute(event, 'source')}\n${stringAttribute(event, 'id')}`
  return partitionForKey(hashed, partitions)
}
