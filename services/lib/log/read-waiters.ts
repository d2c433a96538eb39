import type { Clock } from '#time/clock.ts'

/** Readers that wait for the next commit. */
export class ReadWaiters {
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Resolves at the next `wake`, or after `ms` milliseconds.
   * @throws the signal's reason when it is aborted.
   */
  wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      const end = () => {
        cancel()
        signal.removeEventListener('abort', aborted)
        this.#waiting.delete(done)
      }
      const done = () => {
        end()
        resolve()
      }
      const aborted = () => {
        end()
        reject(signal.reason)
      }
      const cancel = this.#clock.after(ms, done)
      signal.addEventListener('abort', aborted)
      this.#waiting.add(done)
    })
  }

  wake(): void {
    if (this.#waiting.size === 0) return
    for (const done of [...this.#waiting]) done()
  }
}
