import type { NewKafkaRecord } from './records/kafka-record.ts'

const STUCK_MS = 1000

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
  /** After a failure: not again before this time. */
  notBefore = 0
  #entries: ProduceEntry[] = []
  /** Taken, and not landed yet. */
  #inFlight: readonly ProduceEntry[] = []
  readonly #late = new Set<ProduceEntry>()
  #bytes = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  /** Its batch is under way: the next one waits, so that the order holds through retries. */
  get isInFlight(): boolean {
    return this.#inFlight.length > 0
  }

  /** When `takeLate` has something next. */
  get nextDeadline(): number {
    const [first] = this.#inFlight.filter((entry) => !this.#late.has(entry))
    return first?.deadline ?? this.oldest?.deadline ?? Number.POSITIVE_INFINITY
  }

  get oldest(): ProduceEntry | undefined {
    return this.#entries[0]
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Its bytes; Infinity when the oldest, under way or not, waits longer than for a broker that is well. */
  waitingBytes(now: number): number {
    const oldest = this.#inFlight[0] ?? this.#entries[0]
    const isStuck = oldest !== undefined && now - oldest.since >= STUCK_MS
    return isStuck ? Number.POSITIVE_INFINITY : this.#bytes
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
    this.#inFlight = this.#entries.splice(0, count)
    return this.#inFlight
  }

  /** The batch is not under way any more. @returns its entries, and those of them that were late */
  land(): { readonly entries: readonly ProduceEntry[]; readonly late: ReadonlySet<ProduceEntry> } {
    const landed = { entries: this.#inFlight, late: new Set(this.#late) }
    this.#inFlight = []
    this.#late.clear()
    return landed
  }

  /** Puts entries back to where they were taken from. */
  putBack(entries: readonly ProduceEntry[]): void {
    this.#entries = [...entries, ...this.#entries]
    for (const { bytes } of entries) this.#bytes += bytes
  }

  /**
   * Those whose time is over, each once; those under way land all the same. The oldest come first,
   * so the others are younger.
   */
  takeLate(now: number): readonly ProduceEntry[] {
    const underWay = this.#inFlight.filter(
      (entry) => entry.deadline <= now && !this.#late.has(entry),
    )
    for (const entry of underWay) this.#late.add(entry)
    const count = this.#entries.findIndex(({ deadline }) => deadline > now)
    const late = this.#entries.splice(0, count === -1 ? this.#entries.length : count)
    for (const { bytes } of late) this.#bytes -= bytes
    return [...underWay, ...late]
  }
}
