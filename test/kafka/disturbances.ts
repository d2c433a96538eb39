/** Deliveries that ended so shortly before a kill may not have been saved: 50 ms, and what saving takes. */
const UNSAVED_MS = 150

/** When something was broken on purpose, in milliseconds of `performance.now()`. */
interface Disturbance {
  readonly from: number
  until: number
}

/** All that was broken during a run: what happened meanwhile may have to happen again. */
export class Disturbances {
  readonly #all: Disturbance[] = []

  /** Breaks something, and mends it where it mends itself. @param graceMs - how long it has its effect after that */
  async during<Result>(graceMs: number, disturb: () => Promise<Result>): Promise<Result> {
    const disturbance = { from: performance.now(), until: Number.POSITIVE_INFINITY }
    this.#all.push(disturbance)
    const result = await disturb()
    disturbance.until = performance.now() + graceMs
    return result
  }

  /** Whether something that began and ended then may not have been heard of, or not been written down. */
  explain(began: number, ended: number): boolean {
    return this.#all.some(({ from, until }) => ended >= from - UNSAVED_MS && began <= until)
  }
}
