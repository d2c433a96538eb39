import { crc32 } from 'node:zlib'
import type { CloudEvent } from '#events/event.ts'

/**
 * The partition of an event, out of `partitions`: by its `partitionkey` (CloudEvents Partitioning
 * extension), so that events of one key keep their order; without one by `source` and `id`.
 */
export function partitionOf({ attributes }: CloudEvent, partitions: number): number {
  if (partitions === 1) return 0
  const key = attributes.get('partitionkey')
  const hashed =
    key === undefined ? `${attributes.get('source')}\n${attributes.get('id')}` : String(key)
  return crc32(hashed) % partitions
}
