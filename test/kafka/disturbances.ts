import { monitorEventLoopDelay } from 'node:perf_hooks'

/** Deliveries that ended so shortly before a kill may not have been saved: 50 ms, and what saving takes. */
const UNSAVED_MS = 150
const RESOLUTION_MS = 10

/** When something was broken on purpose, in milliseconds of `performance.now()`. */
interface Disturbance {
  readonly from: number
  until: number
}

/** All that was broken during a run: what happened meanwhile may have to happen again. */
export class Disturbances {
  readonly #all: Disturbance[] = []
  readonly #machine = monitorEventLoopDelay({ resolution: RESOLUTION_MS })

  constructor() {
    this.#machine.enable()
  }

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
    const unsavedMs = UNSAVED_MS + this.waitedMs
    return this.#all.some(({ from, until }) => ended >= from - unsavedMs && began <= until)
  }

  /** Where something lies, for whoever asks why it is not explained. */
  locate(began: number, ended: number): string {
    const places = this.#all.map(
      ({ from, until }) =>
        `${Math.round(from - ended)} ms before ${Math.round(until - from)} ms of failure, ${Math.round(began - until)} ms after it`,
    )
    return places.join('; ')
  }

  /** How long anybody had to wait for a processor on a machine that does other work: as long as this process. */
  get waitedMs(): number {
    return Math.max(0, this.#machine.max / 1e6 - RESOLUTION_MS)
  }
}
