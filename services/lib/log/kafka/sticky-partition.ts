/** Half of the largest batch: at low rates several requests go to one partition, at high rates one does. */
const STAY_BYTES = 32 * 1024

/**
 * Chooses the partition of records without a key, as Kafka's own client does (KIP-480, KIP-794): the
 * same one until it was given 32 KiB, so that Kafka gets few large batches instead of many small
 * ones, and then that for which the least waits. One that does not get on, as without a leader, is
 * left at once for one that does, however little it was given.
 */
export class StickyPartition {
  readonly #waiting: (partition: number) => number
  #partition = 0
  #bytes = 0

  /** `waiting`: the bytes that wait to be stored in a partition, Infinity where it does not get on. */
  constructor(waiting: (partition: number) => number) {
    this.#waiting = waiting
  }

  /** The partition, out of `partitions`, of a record that takes this many bytes. */
  take(bytes: number, partitions: number): number {
    if (this.#bytes >= STAY_BYTES || this.#partition >= partitions) {
      this.#moveTo(this.#leastWaiting(partitions))
    } else if (this.#waiting(this.#partition) === Number.POSITIVE_INFINITY) {
      const other = this.#leastWaiting(partitions)
      if (this.#waiting(other) < Number.POSITIVE_INFINITY) this.#moveTo(other)
    }
    this.#bytes += bytes
    return this.#partition
  }

  #leastWaiting(partitions: number): number {
    let best = (this.#partition + 1) % partitions
    for (let step = 2; step <= partitions; step++) {
      const other = (this.#partition + step) % partitions
      if (this.#waiting(other) < this.#waiting(best)) best = other
    }
    return best
  }

  #moveTo(partition: number): void {
    this.#partition = partition
    this.#bytes = 0
  }
}
