import { Problem } from '#problems/problem.ts'
import { checkRecords } from '../check-records.ts'
import type {
  EventLog,
  Membership,
  NewRecord,
  PartitionBounds,
  PartitionOwner,
  PartitionRead,
  Position,
  ReadOptions,
} from '../event-log.ts'
import type { MemoryLog } from './memory-log.ts'

/** One opening of a Broker's log in memory. */
export class MemoryEventLog implements EventLog {
  readonly #log: MemoryLog
  readonly #onClose: () => void
  #isClosed = false

  constructor(log: MemoryLog, onClose: () => void) {
    this.#log = log
    this.#onClose = onClose
  }

  async append(records: readonly NewRecord[]): Promise<readonly Position[]> {
    if (this.#isClosed) throw closed()
    checkRecords(records)
    return records.length === 0 ? [] : this.#log.append(records)
  }

  refusal(): Problem | undefined {
    return this.#isClosed ? closed() : this.#log.refusal()
  }

  fault(): string | undefined {
    return undefined
  }

  async read(
    from: readonly Position[],
    { maxBytes, waitMs, signal }: ReadOptions,
  ): Promise<readonly PartitionRead[]> {
    const { clock, waiters } = this.#log
    const deadline = clock.now() + waitMs
    for (;;) {
      signal.throwIfAborted()
      if (this.#isClosed) throw new Error('Cannot read the event log: it is closed')
      const reads = this.#readNow(from, maxBytes)
      const leftMs = deadline - clock.now()
      if (leftMs <= 0 || reads.some((read, at) => read.next !== from[at]?.offset)) return reads
      await waiters.wait(leftMs, signal)
      if (this.#isClosed) return reads
    }
  }

  async bounds(): Promise<readonly PartitionBounds[]> {
    this.#log.expire()
    return this.#log.partitions.map(({ start, end }, partition) => ({ partition, start, end }))
  }

  async offsetsAt(timeMs: number): Promise<readonly Position[]> {
    this.#log.expire()
    return this.#log.partitions.map((kept, partition) => ({
      partition,
      offset: kept.offsetAt(timeMs),
    }))
  }

  async markAt(_position: Position): Promise<string> {
    return this.#log.id
  }

  async recognises({ partition, offset }: Position, mark: string): Promise<boolean> {
    return mark === this.#log.id && offset <= (this.#log.partitions[partition]?.end ?? -1)
  }

  join(owner: PartitionOwner): Promise<Membership> {
    return this.#log.owners.join(owner)
  }

  async publishProgress(): Promise<void> {}

  async knativeProgress(): Promise<readonly Position[]> {
    return []
  }

  release({ partition, offset }: Position): void {
    const kept = this.#log.partition(partition)
    kept.released = Math.max(kept.released, offset)
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#log.waiters.wake()
    this.#onClose()
  }

  /** Every partition gets an equal share of `maxBytes`, so that none starves behind another. */
  #readNow(from: readonly Position[], maxBytes: number): PartitionRead[] {
    this.#log.expire()
    const share = Math.max(1, Math.floor(maxBytes / from.length))
    return from.map(({ partition, offset }) => {
      const kept = this.#log.partition(partition)
      const { records, unreadable, next } = kept.read(offset, share)
      const read = { partition, records, next, start: kept.start, mark: this.#log.id }
      return unreadable.length === 0 ? read : { ...read, unreadable }
    })
  }
}

function closed(): Problem {
  return new Problem('log-unavailable', 'Cannot append to the event log: it is closed', {
    retryAfterSeconds: 2,
  })
}
