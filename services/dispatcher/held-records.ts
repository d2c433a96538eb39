import { setImmediate as turn } from 'node:timers/promises'
import type { EventLog, LogRecord, PartitionRead } from '#log/event-log.ts'
import { ByteBudget } from './byte-budget.ts'
import type { OpenDelivery } from './open-delivery.ts'

/** What an event costs in memory beside its data. */
const ATTRIBUTES_BYTES = 512
/** What a Trigger may keep even when the others have used up the budget. */
const OWN_BYTES = 64 * 1024

/** Keeps the events of one Trigger's open deliveries in memory as far as the budget goes, and reads the others again. */
export class HeldRecords {
  readonly #log: EventLog
  readonly #partition: number
  readonly #shared: ByteBudget
  readonly #own = new ByteBudget(OWN_BYTES)
  #reading: Promise<unknown> | undefined

  constructor(log: EventLog, partition: number, shared: ByteBudget) {
    this.#log = log
    this.#partition = partition
    this.#shared = shared
  }

  /** Keeps the event with its delivery, if there is room. */
  hold(delivery: OpenDelivery, record: LogRecord): void {
    const bytes = sizeOf(record)
    if (this.#own.take(bytes)) delivery.heldBy = this.#own
    else if (this.#shared.take(bytes)) delivery.heldBy = this.#shared
    else return
    delivery.record = record
  }

  drop(delivery: OpenDelivery): void {
    if (delivery.record === undefined) return
    delivery.heldBy?.give(sizeOf(delivery.record))
    delivery.heldBy = undefined
    delivery.record = undefined
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
    const reading = this.#read(delivery.offset, signal).finally(() => {
      this.#reading = undefined
    })
    this.#reading = reading
    const { records } = await reading.catch(async (error: unknown) => {
      // Many may fail, one after the other: the rest of the process has its turn in between.
      await turn()
      throw error
    })
    for (const record of records) {
      const behind = open.get(record.offset)
      if (behind !== undefined && behind.record === undefined) this.hold(behind, record)
    }
    return records[0]?.offset === delivery.offset ? records[0] : undefined
  }

  async #read(offset: number, signal: AbortSignal): Promise<PartitionRead> {
    const from = [{ partition: this.#partition, offset }]
    const [read] = await this.#log.read(from, { maxBytes: OWN_BYTES, waitMs: 0, signal })
    if (read === undefined || read.next <= offset) {
      throw new Error(`Cannot read the event at offset ${offset}: the log has nothing there yet`)
    }
    return read
  }
}

function sizeOf(record: LogRecord): number {
  return ATTRIBUTES_BYTES + (record.event.data?.byteLength ?? 0)
}
