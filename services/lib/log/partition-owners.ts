import type { PartitionOwner } from './event-log.ts'

/**
 * Who has the partitions of a log that one process holds: whoever asked first has all of them,
 * and the next one gets them when the first gives them back.
 */
export class PartitionOwners {
  readonly #partitions: readonly number[]
  /** In the order of asking; the first has the partitions. */
  readonly #owners: PartitionOwner[] = []

  constructor(partitions: readonly number[]) {
    this.#partitions = partitions
  }

  /** See `EventLog.join`. */
  async join(owner: PartitionOwner): Promise<() => Promise<void>> {
    this.#owners.push(owner)
    await owner.assigned(this.#owners[0] === owner ? this.#partitions : [])
    let left: Promise<void> | undefined
    return () => {
      left ??= this.#leave(owner)
      return left
    }
  }

  async #leave(owner: PartitionOwner): Promise<void> {
    if (this.#owners[0] !== owner) {
      this.#owners.splice(this.#owners.indexOf(owner), 1)
      return
    }
    try {
      await owner.revoked(this.#partitions)
    } finally {
      this.#owners.shift()
    }
    await this.#owners[0]?.assigned(this.#partitions)
  }
}
