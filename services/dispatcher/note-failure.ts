import type { FailedDelivery } from '#cursors/cursors.ts'
import type { Attempt } from '#delivery/attempt.ts'
import type { Outcome } from '#delivery/outcome.ts'

/** The first attempt and the latest: enough to see how it began and how it ended. */
const KEPT_ATTEMPTS = 32

/**
 * What is known of a delivery after one more attempt, which began at `time` and failed by `now`
 * (milliseconds since 1970). It is in the same phase as before, and without a delay.
 */
export function noteFailure(
  failure: FailedDelivery | undefined,
  outcome: Extract<Outcome, { kind: 'failed' }>,
  time: number,
  now: number,
): FailedDelivery {
  const phase = failure?.phase === 'dead-letter' ? 'dead-letter' : 'deliver'
  const attempt: Attempt = {
    phase,
    time,
    durationMs: outcome.durationMs,
    error: outcome.error,
    ...(outcome.status === undefined ? {} : { status: outcome.status }),
  }
  const attempts = [...(failure?.attempts ?? []), attempt]
  if (attempts.length > KEPT_ATTEMPTS) attempts.splice(1, 1)
  return {
    phase,
    count: (failure?.count ?? 0) + 1,
    attempts,
    since: now,
    delayMs: 0,
    ...(failure?.answer === undefined ? {} : { answer: failure.answer }),
  }
}
