/** A bound on what is in flight. Whoever finds no slot free is called when one is. */
export class Slots {
  #size: number
  #used = 0
  readonly #waiting = new Set<() => void>()

  constructor(size: number) {
    this.#size = size
  }

  get used(): number {
    return this.#used
  }

  /** Takes a slot, or remembers `whenFree` (once, however often it asks) and answers false. */
  take(whenFree: () => void): boolean {
    if (this.#used >= this.#size) {
      this.#waiting.add(whenFree)
      return false
    }
    this.#used++
    return true
  }

  give(): void {
    this.#used--
    this.#wakeOne()
  }

  /** Changes the bound. What is in flight above a smaller one ends by itself. */
  resize(size: number): void {
    this.#size = size
    this.#wakeOne()
  }

  #wakeOne(): void {
    if (this.#used >= this.#size) return
    for (const wake of this.#waiting) {
      this.#waiting.delete(wake)
      wake()
      return
    }
  }
}
