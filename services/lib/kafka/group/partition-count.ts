import { atMost } from '#time/at-most.ts'
import type { Cancel, Clock } from '#time/clock.ts'

/** A topic rarely grows, and what it has grown by gets no events before the gateways know it, too. */
const EVERY_MS = 5000
/** The whole group waits for its leader. */
const ANSWER_MS = 1000

export interface PartitionCountParts {
  /** How many partitions the topic has now. */
  readonly ask: () => Promise<number>
  readonly clock: Clock
  /** There are others than those that were divided. */
  changed(): void
}

/** How many partitions there are to divide; asked for again every 5 s once they were divided. */
export class PartitionCount {
  readonly #parts: PartitionCountParts
  #known: number | undefined
  #divided: number | undefined
  #stopWatch: Cancel = () => undefined

  constructor(parts: PartitionCountParts) {
    this.#parts = parts
  }

  /** Others than when they were divided last. */
  get hasChanged(): boolean {
    return this.#divided !== undefined && this.#known !== this.#divided
  }

  /**
   * How many there are to divide now. Where nobody answers within a second, as many as were known
   * last, and `least` at least. From now on they are watched.
   */
  async divide(least: number): Promise<number> {
    const { ask, clock } = this.#parts
    this.stop()
    let answer: number | undefined
    const asked = async () => {
      answer = await ask()
    }
    await atMost(ANSWER_MS, asked(), clock).catch(() => undefined)
    this.#known = answer ?? Math.max(this.#known ?? 0, least)
    this.#divided = this.#known
    this.#watch()
    return this.#divided
  }

  /** Somebody else divides them. */
  stop(): void {
    this.#stopWatch()
    this.#divided = undefined
  }

  #watch(): void {
    this.#stopWatch = this.#parts.clock.after(EVERY_MS, () => void this.#look(this.#stopWatch))
  }

  async #look(watch: Cancel): Promise<void> {
    const { ask, changed } = this.#parts
    const count = await ask().catch(() => this.#divided)
    // Somebody stopped it meanwhile, or divided anew.
    if (this.#stopWatch !== watch || this.#divided === undefined) return
    this.#known = count
    if (this.hasChanged) changed()
    else this.#watch()
  }
}
