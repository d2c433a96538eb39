import type { LogRecord, NewRecord, Position } from '../event-log.ts'
import { recordSize } from '../record-size.ts'

interface Kept {
  readonly record: LogRecord
  readonly size: number
}

/** One partition of a log in memory. */
export class MemoryPartition {
  readonly #number: number
  #kept: Kept[] = []
  #start = 0
  #bytes = 0
  /** Below it nothing is needed any more. */
  released = 0

  constructor(number: number) {
    this.#number = number
  }

  get start(): number {
    return this.#start
  }

  get end(): number {
    return this.#start + this.#kept.length
  }

  get bytes(): number {
    return this.#bytes
  }

  /** When the oldest record was appended. */
  get oldestTime(): number | undefined {
    return this.#kept[0]?.record.time
  }

  append(appended: NewRecord, time: number): Position {
    const position = { partition: this.#number, offset: this.end }
    const size = recordSize(appended)
    this.#kept.push({ record: { ...appended, ...position, time }, size })
    this.#bytes += size
    return position
  }

  /** Records from `offset` on until they pass `maxBytes`, and how many bytes they have. */
  read(offset: number, maxBytes: number): { records: LogRecord[]; bytes: number } {
    const records: LogRecord[] = []
    let bytes = 0
    for (let at = offset - this.#start; at < this.#kept.length && bytes < maxBytes; at++) {
      const kept = this.#kept[at]
      if (kept === undefined) break
      records.push(kept.record)
      bytes += kept.size
    }
    return { records, bytes }
  }

  /** The first record appended at or after a time, else the end. */
  offsetAt(timeMs: number): number {
    const at = this.#kept.findIndex(({ record }) => record.time >= timeMs)
    return at === -1 ? this.end : this.#start + at
  }

  /** Takes records away below `offset`. */
  expire(offset: number): void {
    const gone = this.#kept.splice(0, offset - this.#start)
    for (const { size } of gone) this.#bytes -= size
    this.#start += gone.length
  }
}
