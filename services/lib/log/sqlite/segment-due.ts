import type { Retention } from '../event-log.ts'
import type { SegmentLimits } from './broker-log.ts'
import type { SegmentWriter } from './segment-writer.ts'

const SMALLEST_BYTES = 1024 * 1024

/**
 * Whether a segment is to be sealed: so large that expiry would have too big steps, or so old.
 * `now` in milliseconds since 1970.
 */
export function isSegmentDue(
  { bytes, oldest, newest }: SegmentWriter,
  limits: SegmentLimits,
  kept: Retention,
  now: number,
): boolean {
  if (oldest === undefined || newest === undefined) return false
  const share = (kept.bytes ?? Number.POSITIVE_INFINITY) / 8
  if (bytes >= Math.min(limits.segmentBytes, Math.max(share, SMALLEST_BYTES))) return true
  return now - oldest >= limits.segmentAgeMs || now - newest > kept.ageMs
}
