import type { EventLog, LogRecord } from '#log/event-log.ts'
import type { ByteBudget } from './byte-budget.ts'
import type { OpenDelivery } from './open-delivery.ts'

/** What an event costs in memory beside its data. */
const ATTRIBUTES_BYTES = 512
const READ_BYTES = 256 * 1024

/** Keeps the events of one Trigger's open deliveries in memory as far as the budget goes, and reads the others again. */
export class HeldRecords {
  readonly #log: EventLog
  readonly #partition: number
  readonly #budget: ByteBudget
  readonly #charged = new Map<number, number>()
  #reading: Promise<void> | undefined

  constructor(log: EventLog, partition: number, budget: ByteBudget) {
    this.#log = log
    this.#partition = partition
    this.#budget = budget
  }

  /** Keeps the event with its delivery, if there is room. */
  hold(delivery: OpenDelivery, record: LogRecord): void {
    const bytes = ATTRIBUTES_BYTES + (record.event.data?.byteLength ?? 0)
    if (!this.#budget.take(bytes)) return
    this.#charged.set(delivery.offset, bytes)
    delivery.record = record
  }

  drop(delivery: OpenDelivery): void {
    delivery.record = undefined
    const bytes = this.#charged.get(delivery.offset)
    if (bytes === undefined) return
    this.#charged.delete(delivery.offset)
    this.#budget.give(bytes)
  }

  /**
   * The event of a delivery, read from the log if need be; the ones behind it that are in `open`
   * come along. `undefined` when the log does not hold it any more.
   * @throws Error when the log cannot be read, and the signal's reason.
   */
  async load(
    delivery: OpenDelivery,
    open: ReadonlyMap<number, OpenDelivery>,
    signal: AbortSignal,
  ): Promise<LogRecord | undefined> {
    while (this.#reading !== undefined && delivery.record === undefined) {
      await this.#reading.catch(() => undefined)
    }
    if (delivery.record !== undefined) return delivery.record
    let found: LogRecord | undefined
    const read = this.#read(delivery.offset, signal, (record) => {
      if (record.offset === delivery.offset) found = record
      const behind = open.get(record.offset)
      if (behind !== undefined && behind.record === undefined) this.hold(behind, record)
    })
    this.#reading = read
    try {
      await read
    } finally {
      if (this.#reading === read) this.#reading = undefined
    }
    return found
  }

  async #read(offset: number, signal: AbortSignal, each: (record: LogRecord) => void) {
    const from = [{ partition: this.#partition, offset }]
    const reads = await this.#log.read(from, { maxBytes: READ_BYTES, waitMs: 0, signal })
    for (const read of reads) for (const record of read.records) each(record)
  }
}
