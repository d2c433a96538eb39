import type { Clock } from '#time/clock.ts'
import type { Egress } from './egress.ts'

/** A Trigger with more open deliveries than this is worth waiting for while a backlog is read. */
const CROWDED = 512
/** One that is no better after this long is slow, and nobody waits for it. */
const PATIENCE_MS = 100

/**
 * Slows the reading of a backlog down to the pace of the Triggers that deliver, so that they stay
 * attached. A slow one delays the others once, by a tenth of a second, and then detaches by itself.
 */
export class Crowd {
  readonly #crowded = new Set<Egress>()
  readonly #slow = new WeakSet<Egress>()
  #thinned: (() => void) | undefined

  get isCrowded(): boolean {
    return this.#crowded.size > 0
  }

  /** Called after a delivery was opened. */
  joined(egress: Egress): void {
    if (egress.openCount > CROWDED && !this.#slow.has(egress)) this.#crowded.add(egress)
  }

  /** Called after a delivery ended, or a Trigger detached. */
  left(egress: Egress): void {
    if (egress.attached && egress.openCount > CROWDED) return
    this.#slow.delete(egress)
    if (this.#crowded.delete(egress) && this.#crowded.size === 0) this.#thinned?.()
  }

  /** Resolves when nobody is crowded, at once if so, and after the patience at the latest. */
  async thinned(clock: Clock, signal: AbortSignal): Promise<void> {
    if (this.#crowded.size === 0 || signal.aborted) return
    await new Promise<void>((resolve) => {
      const done = () => {
        cancel()
        signal.removeEventListener('abort', done)
        this.#thinned = undefined
        resolve()
      }
      const cancel = clock.after(PATIENCE_MS, () => {
        for (const egress of this.#crowded) this.#slow.add(egress)
        this.#crowded.clear()
        done()
      })
      this.#thinned = done
      signal.addEventListener('abort', done, { once: true })
    })
  }
}
