import type { EventLog, Position } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'

const EVERY_MS = 15_000

export interface ProgressParts {
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
  /** Per Trigger, where everything below is done. */
  positions(): ReadonlyMap<string, readonly Position[]>
}

/** Shows how far each Trigger has come to the storage's own tools, at a slow pace and where it has changed. */
export class Progress {
  readonly #parts: ProgressParts
  /** What was shown last, by Trigger. */
  readonly #shown = new Map<string, string>()
  readonly #showing = new Set<string>()
  /** Triggers whose positions were refused last, such as while Knative's dispatcher is in their group. */
  readonly #failing = new Set<string>()
  #timer: Cancel

  constructor(parts: ProgressParts) {
    this.#parts = parts
    this.#timer = this.#later()
  }

  close(): void {
    this.#timer()
  }

  #later(): Cancel {
    return this.#parts.clock.after(EVERY_MS, () => {
      this.#timer = this.#later()
      this.#showAll()
    })
  }

  #showAll(): void {
    for (const [trigger, positions] of this.#parts.positions()) {
      const shown = JSON.stringify(positions)
      if (this.#showing.has(trigger) || this.#shown.get(trigger) === shown) continue
      this.#showing.add(trigger)
      void this.#show(trigger, positions, shown).finally(() => this.#showing.delete(trigger))
    }
  }

  async #show(trigger: string, positions: readonly Position[], shown: string): Promise<void> {
    const { log, logger } = this.#parts
    try {
      await log.publishProgress(trigger, positions)
      this.#shown.set(trigger, shown)
      this.#failing.delete(trigger)
    } catch (error) {
      const level = this.#failing.has(trigger) ? 'debug' : 'warn'
      logger[level]({ err: error, trigger }, 'Progress cannot be shown')
      this.#failing.add(trigger)
    }
  }
}
