import type { Cancel, Clock } from '#time/clock.ts'

/** What a deadline is for. */
export interface Expiring {
  /** The deadline has passed. Called once at most. */
  expire(): void
}

/** A deadline that may be one for many. */
export interface Deadline {
  /** Called off for `one`, which is forgotten. */
  cancel(one: Expiring): void
}

/** What begins within so many milliseconds and has the same time, ends together. */
const SHARED_MS = 10

/**
 * Deadlines for thousands of things that rarely reach them. Those that begin within 10 ms and have
 * the same time share one timer, so that a deadline is never early, and at most 10 ms late. A timer
 * that nothing needs any more is cancelled.
 */
export class Deadlines {
  readonly #clock: Clock
  /** The newest of each length, which others may still join. No more of them than deadlines. */
  readonly #newest = new Map<number, SharedDeadline>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Calls `one.expire()` so many milliseconds from now, unless it is called off. */
  add(delayMs: number, one: Expiring): Deadline {
    const now = this.#clock.now()
    const newest = this.#newest.get(delayMs)
    if (newest?.join(one, now)) return newest
    const deadline = new SharedDeadline(this.#clock, delayMs, one, () => {
      if (this.#newest.get(delayMs) === deadline) this.#newest.delete(delayMs)
    })
    this.#newest.set(delayMs, deadline)
    return deadline
  }
}

class SharedDeadline implements Deadline {
  readonly #clock: Clock
  readonly #began: number
  readonly #members: Set<Expiring>
  readonly #onEnd: () => void
  #lastJoinedMs = 0
  #cancelTimer: Cancel

  constructor(clock: Clock, delayMs: number, first: Expiring, onEnd: () => void) {
    this.#clock = clock
    this.#began = clock.now()
    this.#members = new Set([first])
    this.#onEnd = onEnd
    this.#cancelTimer = clock.after(delayMs, () => this.#pass())
  }

  /** Whether it is not too late for that, by `now` (milliseconds since 1970). */
  join(one: Expiring, now: number): boolean {
    const age = now - this.#began
    // Below zero when the wall clock was set back.
    if (age < 0 || age >= SHARED_MS) return false
    this.#lastJoinedMs = Math.max(this.#lastJoinedMs, age)
    this.#members.add(one)
    return true
  }

  cancel(one: Expiring): void {
    if (!this.#members.delete(one) || this.#members.size > 0) return
    this.#cancelTimer()
    this.#onEnd()
  }

  /** The time of the first is over; that of the last soon. */
  #pass(): void {
    this.#onEnd()
    if (this.#lastJoinedMs === 0) this.#expire()
    else this.#cancelTimer = this.#clock.after(this.#lastJoinedMs, () => this.#expire())
  }

  #expire(): void {
    const members = [...this.#members]
    this.#members.clear()
    for (const one of members) one.expire()
  }
}
