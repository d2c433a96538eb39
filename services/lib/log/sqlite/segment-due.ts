import type { Retention } from '../event-log.ts'
import type { SegmentLimits } from './segment-limits.ts'
import type { SegmentWriter } from './segment-writer.ts'

const SMALLEST_BYTES = 1024 * 1024

/**
 * Whether a segment is to be sealed: so large that expiry would have too big steps, or so old, or
 * damaged, because whoever moves it away should give up no more than what is in it by now. `now` in
 * milliseconds since 1970.
 */
export function isSegmentDue(
  segment: SegmentWriter | undefined,
  isDamaged: boolean,
  limits: SegmentLimits,
  kept: Retention,
  now: number,
): boolean {
  const { bytes = 0, oldest, newest } = segment ?? {}
  if (oldest === undefined || newest === undefined) return false
  if (isDamaged) return true
  const share = (kept.bytes ?? Number.POSITIVE_INFINITY) / 8
  if (bytes >= Math.min(limits.segmentBytes, Math.max(share, SMALLEST_BYTES))) return true
  return now - oldest >= limits.segmentAgeMs || now - newest > kept.ageMs
}
