import type { Cancel, Clock } from '#time/clock.ts'
import { DepartureList, type Place } from './departure-list.ts'

/** What a deadline is for. */
export interface Expiring {
  /** The deadline has passed. Called once at most. */
  expire(): void
}

/** The deadline of one thing. */
export class Deadline {
  readonly #shared: SharedDeadline
  readonly #place: Place<Expiring>

  constructor(shared: SharedDeadline, place: Place<Expiring>) {
    this.#shared = shared
    this.#place = place
  }

  /** Calls it off: what it was for is forgotten. */
  cancel(): void {
    this.#place.leave()
    this.#shared.leftBehind()
  }
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
    if (newest?.mayJoin(now)) return newest.join(one, now)
    const shared = new SharedDeadline(this.#clock, delayMs, now, () => {
      if (this.#newest.get(delayMs) === shared) this.#newest.delete(delayMs)
    })
    this.#newest.set(delayMs, shared)
    return shared.join(one, now)
  }
}

class SharedDeadline {
  readonly #clock: Clock
  readonly #began: number
  readonly #members = new DepartureList<Expiring>()
  readonly #onEnd: () => void
  #lastJoinedMs = 0
  #cancelTimer: Cancel | undefined

  constructor(clock: Clock, delayMs: number, now: number, onEnd: () => void) {
    this.#clock = clock
    this.#began = now
    this.#onEnd = onEnd
    this.#cancelTimer = clock.after(delayMs, () => this.#pass())
  }

  mayJoin(now: number): boolean {
    const age = now - this.#began
    // Below zero when the wall clock was set back.
    return age >= 0 && age < SHARED_MS
  }

  join(one: Expiring, now: number): Deadline {
    this.#lastJoinedMs = Math.max(this.#lastJoinedMs, now - this.#began)
    return new Deadline(this, this.#members.add(one))
  }

  /** Somebody has left. */
  leftBehind(): void {
    if (!this.#members.isEmpty || this.#cancelTimer === undefined) return
    this.#cancelTimer()
    this.#cancelTimer = undefined
    this.#onEnd()
  }

  /** The time of the first is over; that of the last soon. */
  #pass(): void {
    this.#onEnd()
    if (this.#lastJoinedMs === 0) this.#expire()
    else this.#cancelTimer = this.#clock.after(this.#lastJoinedMs, () => this.#expire())
  }

  #expire(): void {
    this.#cancelTimer = undefined
    for (const one of this.#members.takeAll()) one.expire()
  }
}
