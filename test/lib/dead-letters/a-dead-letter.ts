import type { DeadLetter } from '#dead-letters/dead-letters.ts'
import { anEvent } from '../../support/an-event.ts'

/** A dead letter for a test to start from: the event at `offset` 0 of `default/shop`, for `default/mailer`. */
export function aDeadLetter(overrides: Partial<DeadLetter> = {}): DeadLetter {
  return {
    broker: 'default/shop',
    trigger: 'default/mailer',
    partition: 0,
    offset: 0,
    time: 1_735_689_600_000,
    event: anEvent({}, '{"n":1}'),
    reason: 'delivery-failed',
    destination: 'http://mailer.default.svc/',
    error: 'The subscriber answered 500',
    status: 500,
    attempts: [
      { phase: 'deliver', time: 1_735_689_599_000, durationMs: 1.5, status: 500, error: 'x' },
    ],
    ...overrides,
  }
}
