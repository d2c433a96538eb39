import type { Retention } from '../event-log.ts'
import type { SegmentLimits } from './broker-log.ts'
import type { SegmentWriter } from './segment-writer.ts'

const SMALLEST_BYTES = 1024 * 1024

/** Whether a segment is large enough to be sealed, so that expiry has small steps. */
export function isLarge(active: SegmentWriter, limits: SegmentLimits, kept: Retention): boolean {
  const share = (kept.bytes ?? Number.POSITIVE_INFINITY) / 8
  return active.bytes >= Math.min(limits.segmentBytes, Math.max(share, SMALLEST_BYTES))
}

/** Whether a segment is old enough to be sealed, or even to expire. `now` in milliseconds since 1970. */
export function isOld(
  { oldest, newest }: SegmentWriter,
  limits: SegmentLimits,
  kept: Retention,
  now: number,
): boolean {
  if (oldest === undefined || newest === undefined) return false
  return now - oldest >= limits.segmentAgeMs || now - newest > kept.ageMs
}
