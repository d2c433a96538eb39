import type { Logger } from '#telemetry/logger.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'

const AGAIN_MS = 1000

/** Whoever takes over snapshots: a dispatcher. */
export interface SnapshotTaker {
  apply(snapshot: Snapshot): Promise<void>
  /** What could not be taken over, or stopped working since, in one sentence. */
  readonly fault: string | undefined
}

export interface SnapshotFeedOptions {
  readonly triggers: Pick<TriggerSource, 'snapshot' | 'onChange'>
  readonly clock: Clock
  readonly logger: Pick<Logger, 'error'>
  /** Whether to hand over again, every second, until a snapshot has been taken over without a fault. */
  readonly insists: boolean
}

/** Hands the snapshots to a taker: the one that there is, and each new one. */
export class SnapshotFeed {
  readonly #taker: SnapshotTaker
  readonly #options: SnapshotFeedOptions
  readonly #started = Promise.withResolvers<void>()
  #hasStarted = false
  #isStopped = false
  #unfollow: () => void = () => undefined
  #cancel: Cancel = () => undefined

  constructor(taker: SnapshotTaker, options: SnapshotFeedOptions) {
    this.#taker = taker
    this.#options = options
  }

  /** Whether a snapshot has been taken over without a fault, ever. */
  get hasStarted(): boolean {
    return this.#hasStarted
  }

  /** Resolves when a snapshot has been taken over without a fault. */
  get started(): Promise<void> {
    return this.#started.promise
  }

  /** Begins; settles as the first `apply` does. */
  start(): Promise<void> {
    const { triggers } = this.#options
    this.#unfollow = triggers.onChange((snapshot) => this.#handLoudly(snapshot))
    return this.#hand(triggers.snapshot())
  }

  /** Hands over no more. */
  stop(): void {
    this.#isStopped = true
    this.#unfollow()
    this.#cancel()
  }

  async #hand(snapshot: Snapshot): Promise<void> {
    try {
      await this.#taker.apply(snapshot)
      if (this.#taker.fault === undefined) this.#taken()
    } finally {
      this.#cancel()
      if (!this.#hasStarted) this.#handAgainLater()
    }
  }

  #taken(): void {
    this.#hasStarted = true
    this.#started.resolve()
  }

  #handAgainLater(): void {
    const { clock, triggers, insists } = this.#options
    if (!insists || this.#isStopped) return
    this.#cancel = clock.after(AGAIN_MS, () => this.#handLoudly(triggers.snapshot()))
  }

  #handLoudly(snapshot: Snapshot): void {
    this.#hand(snapshot).catch((error: unknown) => {
      this.#options.logger.error({ err: error }, 'The dispatcher took no change')
    })
  }
}
