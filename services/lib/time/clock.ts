/** Stops a timer that has not run yet. */
export type Cancel = () => void

/** Where time comes from, so that a test can hold it in its hand. */
export interface Clock {
  /** Wall-clock time, in milliseconds since 1970. */
  now(): number
  /** Runs `task` once, `delayMs` milliseconds from now. */
  after(delayMs: number, task: () => void): Cancel
}
