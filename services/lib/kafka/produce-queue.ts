import type { NewKafkaRecord } from './records/kafka-record.ts'

/** What one call of `send` wants stored, whole. Times are those of the producer's clock. */
export interface ProduceEntry {
  readonly records: readonly NewKafkaRecord[]
  readonly bytes: number
  readonly since: number
  readonly deadline: number
  resolve(baseOffset: number): void
  reject(error: unknown): void
}

/** What waits for one partition, in the order of the calls. */
export class ProduceQueue {
  readonly topic: string
  readonly partition: number
  /** Its batch is under way: the next one waits, so that the order holds through retries. */
  isInFlight = false
  /** After a failure: not again before this time. */
  notBefore = 0
  #entries: ProduceEntry[] = []
  #bytes = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get oldest(): ProduceEntry | undefined {
    return this.#entries[0]
  }

  get bytes(): number {
    return this.#bytes
  }

  add(entry: ProduceEntry): void {
    this.#entries.push(entry)
    this.#bytes += entry.bytes
  }

  /** Takes as many entries as fit into a batch; one that is larger than that goes alone. */
  take(maxBytes: number): readonly ProduceEntry[] {
    let bytes = 0
    let count = 0
    for (const entry of this.#entries) {
      if (count > 0 && bytes + entry.bytes > maxBytes) break
      bytes += entry.bytes
      count++
    }
    this.#bytes -= bytes
    return this.#entries.splice(0, count)
  }

  /** Puts entries back to where they were taken from. */
  putBack(entries: readonly ProduceEntry[]): void {
    this.#entries = [...entries, ...this.#entries]
    for (const { bytes } of entries) this.#bytes += bytes
  }

  /** Takes those whose time is over. The oldest come first, so the others are younger. */
  takeLate(now: number): readonly ProduceEntry[] {
    const count = this.#entries.findIndex(({ deadline }) => deadline > now)
    const late = this.#entries.splice(0, count === -1 ? this.#entries.length : count)
    for (const { bytes } of late) this.#bytes -= bytes
    return late
  }
}
