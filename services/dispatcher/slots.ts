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
    this.#wake()
  }

  /** Changes the bound. What is in flight above a smaller one ends by itself. */
  resize(size: number): void {
    this.#size = size
    this.#wake()
  }

  /** Whoever is woken may not need its slot any more; then the next one is. */
  #wake(): void {
    for (const wake of this.#waiting) {
      if (this.#used >= this.#size) return
      this.#waiting.delete(wake)
      wake()
    }
  }
}
