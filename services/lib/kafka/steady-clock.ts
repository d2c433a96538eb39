import type { Clock } from '#time/clock.ts'

/** A clock that stands still while `clock` is set back, and goes on from there: for what must end in time. */
export function steadyClock(clock: Clock): Clock {
  let last = clock.now()
  let ahead = 0
  return {
    now: () => {
      const now = clock.now()
      if (now < last) ahead += last - now
      last = now
      return now + ahead
    },
    after: (delayMs, task) => clock.after(delayMs, task),
  }
}
