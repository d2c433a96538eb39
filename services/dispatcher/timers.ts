import type { Cancel, Clock } from '#time/clock.ts'

/** Tasks for later, until all of them are called off together. */
export class Timers {
  readonly #clock: Clock
  readonly #pending = new Set<Cancel>()
  #isClosed = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Runs `task` once, `delayMs` milliseconds from now; never, once this is closed. */
  after(delayMs: number, task: () => void): void {
    if (this.#isClosed) return
    const cancel = this.#clock.after(delayMs, () => {
      this.#pending.delete(cancel)
      task()
    })
    this.#pending.add(cancel)
  }

  /** Calls off what is pending, and takes nothing more. */
  close(): void {
    this.#isClosed = true
    for (const cancel of this.#pending) cancel()
    this.#pending.clear()
  }
}
