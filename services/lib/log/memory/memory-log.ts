import { randomUUID } from 'node:crypto'
import type { CloudEvent } from '#events/event.ts'
import { Problem } from '#problems/problem.ts'
import type { Clock } from '#time/clock.ts'
import type { NewRecord, Position, Retention, UnreadableRecord } from '../event-log.ts'
import { partitionOf } from '../partition-of.ts'
import { PartitionOwners } from '../partition-owners.ts'
import { ReadWaiters } from '../read-waiters.ts'
import { recordSize } from '../record-size.ts'
import { MemoryPartition } from './memory-partition.ts'

export interface MemoryLogOptions {
  readonly broker: string
  readonly partitions: number
  readonly retention: Retention
  readonly clock: Clock
}

/** What is kept of one Broker, whoever has it open. */
export class MemoryLog {
  #id = randomUUID()
  #partitions: MemoryPartition[]
  readonly owners: PartitionOwners
  readonly waiters: ReadWaiters
  readonly clock: Clock
  retention: Retention
  readonly #broker: string
  /** The bytes that found no room. */
  #refused: number | undefined

  constructor({ broker, partitions, retention, clock }: MemoryLogOptions) {
    this.#broker = broker
    this.retention = retention
    this.clock = clock
    this.#partitions = emptyPartitions(partitions)
    this.owners = new PartitionOwners(this.partitions.map((_, at) => at))
    this.waiters = new ReadWaiters(clock)
  }

  /** Identifies the log, until it is recreated. */
  get id(): string {
    return this.#id
  }

  get partitions(): readonly MemoryPartition[] {
    return this.#partitions
  }

  /** Adds empty partitions until there are this many. Nobody is told: whoever assigns them does that. */
  grow(partitions: number): void {
    const added = emptyPartitions(partitions).slice(this.#partitions.length)
    this.#partitions = [...this.#partitions, ...added]
  }

  /** Puts an empty log in the place of this one, as if it had been deleted and made anew. */
  recreate(): void {
    this.#id = randomUUID()
    this.#partitions = emptyPartitions(this.#partitions.length)
    this.waiters.wake()
  }

  /** Puts in what is no CloudEvent, as another producer might. */
  appendUnreadable(
    partition: number,
    written: Omit<UnreadableRecord, 'offset' | 'time'>,
  ): Position {
    const kept = this.partition(partition)
    const position = kept.appendUnreadable({ ...written, time: this.clock.now() })
    this.waiters.wake()
    return position
  }

  partitionOf(event: CloudEvent): number {
    return partitionOf(event, this.#partitions.length)
  }

  /** @throws RangeError when there is no such partition. */
  partition(number: number): MemoryPartition {
    const partition = this.#partitions[number]
    if (partition !== undefined) return partition
    throw new RangeError(`There is no partition ${number}, only ${this.#partitions.length}`)
  }

  /** @throws Problem `over-capacity` when the byte limit is reached and nothing may be taken. */
  append(records: readonly NewRecord[]): readonly Position[] {
    this.expire()
    let bytes = 0
    for (const record of records) bytes += recordSize(record)
    if (!this.#hasRoom(bytes)) this.#refused ??= bytes
    const refusal = this.refusal()
    if (refusal !== undefined) throw refusal
    const time = this.clock.now()
    const positions: Position[] = []
    for (const record of records) {
      positions.push(this.partition(this.partitionOf(record.event)).append(record, time))
    }
    this.waiters.wake()
    return positions
  }

  refusal(): Problem | undefined {
    if (this.#refused === undefined) return undefined
    if (this.#hasRoom(this.#refused)) {
      this.#refused = undefined
      return undefined
    }
    return new Problem(
      'over-capacity',
      `Cannot append to the event log of ${this.#broker}: it is full, because Triggers still ` +
        'have to deliver its oldest events',
      { retryAfterSeconds: 5 },
    )
  }

  /** Takes what is older than the retention's age. */
  expire(): void {
    const since = this.clock.now() - this.retention.ageMs
    for (const partition of this.partitions) {
      if ((partition.oldestTime ?? since) < since) partition.expire(partition.offsetAt(since))
    }
  }

  /** Whether `bytes` more fit, after taking what nobody needs. */
  #hasRoom(bytes: number): boolean {
    const most = this.retention.bytes
    if (most === undefined) return true
    let used = 0
    for (const partition of this.partitions) used += partition.bytes
    // What does not fit into an empty log at all is still taken, so that it ends somewhere.
    while (used > 0 && used + bytes > most) {
      const oldest = this.#oldestReleased()
      if (oldest === undefined) return false
      used -= oldest.bytes
      oldest.expire(oldest.start + 1)
      used += oldest.bytes
    }
    return true
  }

  #oldestReleased(): MemoryPartition | undefined {
    let found: MemoryPartition | undefined
    for (const partition of this.partitions) {
      const time = partition.oldestTime
      if (time === undefined || partition.start >= partition.released) continue
      if (found === undefined || time < (found.oldestTime ?? time)) found = partition
    }
    return found
  }
}

function emptyPartitions(count: number): MemoryPartition[] {
  return Array.from({ length: count }, (_, at) => new MemoryPartition(at))
}
