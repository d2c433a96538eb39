import { parseDuration } from '#triggers/parse-duration.ts'

/** For saving the cursors, closing the files, and whatever else is not anybody's answer. */
const CLOSE_MS = 60_000

/**
 * After how many milliseconds a process that closes ends all the same. First the requests under way
 * have the grace period to end, then the deliveries.
 */
export function closeDeadlineMs(gracePeriod: string): number {
  return 2 * parseDuration(gracePeriod) + CLOSE_MS
}
