import type { Cancel, Clock } from '#time/clock.ts'

interface Timer {
  readonly at: number
  readonly task: () => void
}

/** A clock that stands still until a test advances it. */
export class FakeClock implements Clock {
  #now: number
  readonly #timers = new Set<Timer>()

  /** `start` in milliseconds since 1970. */
  constructor(start = Date.UTC(2025, 0, 1)) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  after(delayMs: number, task: () => void): Cancel {
    const timer = { at: this.#now + Math.max(0, delayMs), task }
    this.#timers.add(timer)
    return () => this.#timers.delete(timer)
  }

  /** How many timers have been set and have neither run nor been cancelled. */
  get pending(): number {
    return this.#timers.size
  }

  /**
   * Moves the time on and runs what falls due, earliest first, those of the same moment in the
   * order they were set; a timer that a task sets runs too if it falls due. Each task sees its own
   * time as `now()`.
   */
  advance(ms: number): void {
    const end = this.#now + ms
    for (let due = this.#earliest(end); due !== undefined; due = this.#earliest(end)) {
      this.#timers.delete(due)
      this.#now = due.at
      due.task()
    }
    this.#now = end
  }

  #earliest(end: number): Timer | undefined {
    let earliest: Timer | undefined
    for (const timer of this.#timers) {
      if (timer.at <= end && (earliest === undefined || timer.at < earliest.at)) earliest = timer
    }
    return earliest
  }
}
