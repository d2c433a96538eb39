/** Of the session time-out: the rest is for what lies between asking and acting. */
const SHARE = 2 / 3

/**
 * Whether the coordinator cannot have given our place to others yet. It counts a session from the
 * moment when it gets a request, so we count from before we sent it, by a clock that never jumps.
 */
export class Lease {
  readonly #now: () => number
  #end = Number.NEGATIVE_INFINITY

  /** `now` in milliseconds, of a clock that goes on while the process is stopped. */
  constructor(now: () => number) {
    this.#now = now
  }

  get holds(): boolean {
    return this.#now() < this.#end
  }

  /** The coordinator has answered well what was sent at that time. */
  confirm(sentAt: number, sessionTimeoutMs: number): void {
    this.#end = Math.max(this.#end, sentAt + sessionTimeoutMs * SHARE)
  }

  end(): void {
    this.#end = Number.NEGATIVE_INFINITY
  }
}
