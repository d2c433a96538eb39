import type { Cancel, Clock } from '#time/clock.ts'

const LOOK_AGAIN_MS = 100

/** Whether attempts may begin right now, and who waits until they may. */
export class DeliveryGate {
  readonly #mayDeliver: () => boolean
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()
  #timer: Cancel | undefined

  constructor(mayDeliver: () => boolean, clock: Clock) {
    this.#mayDeliver = mayDeliver
    this.#clock = clock
  }

  get isOpen(): boolean {
    return this.#mayDeliver()
  }

  /** True; or false, and `whenOpen` is called (once, however often it asks) within 100 ms of its being true. */
  passes(whenOpen: () => void): boolean {
    if (this.#mayDeliver()) return true
    this.#waiting.add(whenOpen)
    this.#timer ??= this.#clock.after(LOOK_AGAIN_MS, () => this.look())
    return false
  }

  /** Lets those who wait go on, if they may now. */
  look(): void {
    this.#timer?.()
    this.#timer = undefined
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    // Whoever still may not comes back to wait.
    for (const whenOpen of waiting) whenOpen()
  }

  /** Lets nobody go on any more. */
  close(): void {
    this.#timer?.()
    this.#timer = undefined
    this.#waiting.clear()
  }
}
