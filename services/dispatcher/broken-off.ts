import { Fifo } from './fifo.ts'
import type { OpenDelivery } from './open-delivery.ts'

const AGAIN_AFTER_MS = 1000

/**
 * Deliveries that broke off because the log cannot be read, or because of a bug. One of them is
 * tried again every second; when that one gets through, so may all others.
 */
export class BrokenOff {
  readonly #later: (delayMs: number, task: () => void) => void
  readonly #again: (delivery: OpenDelivery) => void
  readonly #waiting = new Fifo<OpenDelivery>()
  #probe: OpenDelivery | undefined
  #isTrying = false

  constructor(
    later: (delayMs: number, task: () => void) => void,
    again: (delivery: OpenDelivery) => void,
  ) {
    this.#later = later
    this.#again = again
  }

  /** @returns whether this is news: no other one is waiting */
  add(delivery: OpenDelivery): boolean {
    this.#waiting.push(delivery)
    if (this.#isTrying && delivery !== this.#probe) return false
    const isNews = !this.#isTrying
    this.#isTrying = true
    this.#probe = undefined
    this.#later(AGAIN_AFTER_MS, () => {
      this.#probe = this.#waiting.shift()
      if (this.#probe !== undefined) this.#again(this.#probe)
    })
    return isNews
  }

  /** Called when an attempt came to any end of its own. */
  gotThrough(delivery: OpenDelivery): void {
    if (delivery !== this.#probe) return
    this.#probe = undefined
    this.#isTrying = false
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#again(next)
    }
  }
}
