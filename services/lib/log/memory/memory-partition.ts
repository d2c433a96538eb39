import type { LogRecord, NewRecord, Position, UnreadableRecord } from '../event-log.ts'
import { recordSize } from '../record-size.ts'

interface Kept {
  readonly time: number
  readonly size: number
  readonly record?: LogRecord
  readonly unreadable?: UnreadableRecord
}

/** What one read takes. */
export interface MemoryRead {
  readonly records: readonly LogRecord[]
  readonly unreadable: readonly UnreadableRecord[]
  readonly next: number
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
    return this.#kept[0]?.time
  }

  append(appended: NewRecord, time: number): Position {
    const position = { partition: this.#number, offset: this.end }
    const size = recordSize(appended)
    this.#keep({ time, size, record: { ...appended, ...position, time } })
    return position
  }

  /** Puts in what is no CloudEvent, as somebody else might; its offset is the end. */
  appendUnreadable(written: Omit<UnreadableRecord, 'offset'>): Position {
    const position = { partition: this.#number, offset: this.end }
    const size = written.value?.length ?? 0
    this.#keep({ time: written.time, size, unreadable: { ...written, offset: position.offset } })
    return position
  }

  /** What stands from `offset` on until it passes `maxBytes`. */
  read(offset: number, maxBytes: number): MemoryRead {
    const records: LogRecord[] = []
    const unreadable: UnreadableRecord[] = []
    let next = Math.min(Math.max(offset, this.#start), this.end)
    for (let bytes = 0; next < this.end && bytes < maxBytes; next++) {
      const kept = this.#kept[next - this.#start]
      if (kept?.record !== undefined) records.push(kept.record)
      if (kept?.unreadable !== undefined) unreadable.push(kept.unreadable)
      bytes += kept?.size ?? 0
    }
    return { records, unreadable, next }
  }

  /** The first record appended at or after a time, else the end. */
  offsetAt(timeMs: number): number {
    const at = this.#kept.findIndex(({ time }) => time >= timeMs)
    return at === -1 ? this.end : this.#start + at
  }

  /** Takes records away below `offset`. */
  expire(offset: number): void {
    const gone = this.#kept.splice(0, offset - this.#start)
    for (const { size } of gone) this.#bytes -= size
    this.#start += gone.length
  }

  #keep(kept: Kept): void {
    this.#kept.push(kept)
    this.#bytes += kept.size
  }
}
