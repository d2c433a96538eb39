import { murmur2 } from './murmur2.ts'

/** The partition of a record's key (as UTF-8), out of `partitions`, as Kafka's Java client chooses it. */
export function partitionForKey(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions
}
