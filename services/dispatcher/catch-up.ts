import { setImmediate as turn } from 'node:timers/promises'
import type { EventLog } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Clock } from '#time/clock.ts'
import type { Egress } from './egress.ts'
import type { TriggerMetrics } from './metrics.ts'
import { pause } from './pause.ts'

const READERS = 4
const READ_BYTES = 256 * 1024
/** A detached Trigger is fed when it has fewer open deliveries than the first, until it has the second. */
const FEED_BELOW = 512
const FEED_UP_TO = 1024
const UNREADABLE_RETRY_MS = 1000

export interface CatchUpParts {
  readonly partition: number
  readonly log: EventLog
  readonly clock: Clock
  readonly logger: Logger
  readonly signal: AbortSignal
  metricsOf(egress: Egress): TriggerMetrics
  /** Where the others are. */
  sharedOffset(): number
  changed(egress: Egress): void
  /** It has come as far as the others. */
  attached(egress: Egress): void
}

/**
 * Feeds the Triggers that do not read along with the others, with at most four readers at a time:
 * while more Triggers wait for a reader, each is fed one read in turn.
 */
export class CatchUp {
  readonly #parts: CatchUpParts
  readonly #waiting = new Set<Egress>()
  readonly #reading = new Set<Egress>()

  constructor(parts: CatchUpParts) {
    this.#parts = parts
  }

  /** Looks at a Trigger that may have become detached, or may have room again. */
  consider(egress: Egress): void {
    if (!wantsMore(egress, FEED_BELOW) || this.#reading.has(egress)) return
    this.#waiting.add(egress)
    this.#startReaders()
  }

  #startReaders(): void {
    for (const egress of this.#waiting) {
      if (this.#reading.size >= READERS || this.#parts.signal.aborted) return
      this.#waiting.delete(egress)
      this.#reading.add(egress)
      this.#feed(egress)
        .catch((error: unknown) => this.#failed(egress, error))
        .finally(() => {
          this.#reading.delete(egress)
          this.#startReaders()
          this.consider(egress)
        })
    }
  }

  async #feed(egress: Egress): Promise<void> {
    const { log, partition, signal } = this.#parts
    while (wantsMore(egress, FEED_UP_TO) && !signal.aborted) {
      const from = egress.next ?? 0
      const options = { maxBytes: READ_BYTES, waitMs: 0, signal }
      const [read] = await log.read([{ partition, offset: from }], options)
      if (signal.aborted) return
      // A pause, or a new Trigger of the same name, may have come in between.
      if (read === undefined || egress.attached || egress.standing || egress.next !== from) continue
      if (read.next < from) throw new Error(`The log ends at ${read.next}, below offset ${from}`)
      if (read.start > from) this.#parts.metricsOf(egress).expired(read.start - from)
      egress.next = this.#offer(egress, read.records) ?? read.next
      if (egress.next >= this.#parts.sharedOffset()) {
        egress.attached = true
        this.#parts.attached(egress)
      }
      this.#parts.changed(egress)
      await turn()
      if (this.#waiting.size > 0) return
    }
  }

  /** @returns the offset that found no room */
  #offer(egress: Egress, records: Awaited<ReturnType<EventLog['read']>>[number]['records']) {
    for (const record of records) {
      if (!egress.filterAt(record.offset)(record.event)) continue
      if (!egress.offer(record)) return record.offset
    }
    return undefined
  }

  async #failed(egress: Egress, error: unknown): Promise<void> {
    const { signal, logger, clock } = this.#parts
    if (signal.aborted) return
    logger.error({ err: error, trigger: egress.key }, 'Catch-up reader cannot read the log')
    await pause(UNREADABLE_RETRY_MS, clock, signal)
  }
}

function wantsMore(egress: Egress, bound: number): boolean {
  return !egress.attached && !egress.standing && egress.openCount < bound
}
