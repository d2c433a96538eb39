import type { Logger } from '#telemetry/logger.ts'
import { atMost } from '#time/at-most.ts'
import type { Cancel, Clock } from '#time/clock.ts'
import type { PartitionOwner } from './partition-owner.ts'

const AGAIN_MS = 1000

export interface HeldPartitionsParts {
  readonly owner: PartitionOwner
  /** How long a call of the owner may hold up what comes next, in milliseconds. */
  readonly patienceMs: number
  readonly clock: Clock
  readonly logger: Logger
  /** The first call of `assigned` has ended. */
  begun(): void
  /** The first call of `assigned` was rejected. */
  refused(error: unknown): void
  /** Partitions have been given back. */
  released(): void
}

/** What an owner has, brought step by step to what it is to have. */
export class HeldPartitions {
  readonly #parts: HeldPartitionsParts
  readonly #held = new Set<number>()
  /** Ours, but the owner could not take them a moment ago. */
  readonly #untaken = new Set<number>()
  #target: ReadonlySet<number> = new Set()
  #settled: Promise<void> = Promise.resolve()
  /** The owner's calls, one after the other even where one outlasts our patience. */
  #calls: Promise<void> = Promise.resolve()
  #hasBegun = false
  #isClosed = false
  #stopRetry: Cancel = () => undefined

  constructor(parts: HeldPartitionsParts) {
    this.#parts = parts
  }

  /** From the call of `assigned` until `revoked` has ended. */
  get held(): ReadonlySet<number> {
    return this.#held
  }

  /** What nobody else may have: held, or about to be. Ascending. */
  claims(): readonly number[] {
    return [...this.#target.union(this.#held)].toSorted((a, b) => a - b)
  }

  /** The owner is to have these and no others. Resolves when it does, or patience has ended. */
  aim(target: Iterable<number>): Promise<void> {
    if (!this.#isClosed) this.#target = new Set(target)
    this.#settled = this.#settled.then(() => this.#settle())
    return this.#settled
  }

  /** Takes all of them away. Resolves when none is held, within the patience. */
  async clear(): Promise<void> {
    const { patienceMs, clock } = this.#parts
    await atMost(patienceMs, this.aim([]), clock)
    this.#held.clear()
  }

  /** As `clear`; afterwards none is taken any more. */
  async close(): Promise<void> {
    this.#target = new Set()
    this.#isClosed = true
    await this.clear()
    this.#stopRetry()
  }

  async #settle(): Promise<void> {
    for (;;) {
      const surplus = [...this.#held].filter((partition) => !this.#target.has(partition))
      const missing = [...this.#target].filter(
        (partition) => !this.#held.has(partition) && !this.#untaken.has(partition),
      )
      if (surplus.length > 0) await this.#revoke(surplus)
      else if (missing.length > 0 || !(this.#hasBegun || this.#isClosed))
        await this.#assign(missing)
      else return
    }
  }

  async #assign(partitions: readonly number[]): Promise<void> {
    const { owner, begun, logger } = this.#parts
    const isFirst = !this.#hasBegun
    this.#hasBegun = true
    for (const partition of partitions) this.#held.add(partition)
    const isDone = await this.#call(async () => {
      try {
        await owner.assigned(partitions)
        if (isFirst) begun()
      } catch (error) {
        this.#notTaken(partitions, isFirst, error)
      }
    })
    if (!isDone) logger.error({ partitions }, 'Assigned partitions are not taken: no end in sight')
  }

  async #revoke(partitions: readonly number[]): Promise<void> {
    const { owner, released, logger } = this.#parts
    const isDone = await this.#call(async () => {
      try {
        await owner.revoked(partitions)
      } catch (err) {
        logger.error({ err, partitions }, 'Partitions were not given back in good order')
      }
    })
    if (!isDone) logger.error({ partitions }, 'Partitions pass on before they were given back')
    for (const partition of partitions) this.#held.delete(partition)
    released()
  }

  #notTaken(partitions: readonly number[], isFirst: boolean, err: unknown): void {
    const { clock, logger, refused } = this.#parts
    for (const partition of partitions) {
      this.#held.delete(partition)
      this.#untaken.add(partition)
    }
    if (isFirst) {
      refused(err)
      return
    }
    logger.error({ err, partitions }, 'Assigned partitions are not taken, trying again')
    this.#stopRetry()
    this.#stopRetry = clock.after(AGAIN_MS, () => {
      this.#untaken.clear()
      void this.aim(this.#target)
    })
  }

  /** Resolves with whether the call has ended: no later than patience does. */
  async #call(call: () => Promise<void>): Promise<boolean> {
    const { patienceMs, clock } = this.#parts
    let isDone = false
    this.#calls = this.#calls.then(call).then(() => {
      isDone = true
    })
    await atMost(patienceMs, this.#calls, clock)
    return isDone
  }
}
