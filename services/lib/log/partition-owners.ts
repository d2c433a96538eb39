import type { Membership, PartitionOwner } from './event-log.ts'

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

  /** See `EventLog.join`. An owner that rejects what is assigned to it first has not joined. */
  async join(owner: PartitionOwner): Promise<Membership> {
    this.#owners.push(owner)
    try {
      await owner.assigned(this.#owners[0] === owner ? this.#partitions : [])
    } catch (error) {
      await this.#remove(owner)
      throw error
    }
    let left: Promise<void> | undefined
    return {
      // Nobody else can have them: they are in this process.
      mayDeliver: () => true,
      leave: () => {
        left ??= this.#leave(owner)
        return left
      },
    }
  }

  async #leave(owner: PartitionOwner): Promise<void> {
    try {
      if (this.#owners[0] === owner) await owner.revoked(this.#partitions)
    } finally {
      await this.#remove(owner)
    }
  }

  async #remove(owner: PartitionOwner): Promise<void> {
    const at = this.#owners.indexOf(owner)
    this.#owners.splice(at, 1)
    if (at === 0) await this.#owners[0]?.assigned(this.#partitions)
  }
}
