import type { KafkaRecord } from '#kafka/records/kafka-record.ts'
import { LAST_STATEMENT } from './change-records.ts'
import { writeKey } from './cursor-key.ts'
import { type Life, lifeOf } from './life.ts'

/** A record about one partition, and who wrote it. */
export interface CursorRecord extends Life {
  /** Which of its writer's saves it is from. */
  readonly save: number
  readonly offset: number
  /** `null` removes what was said before. */
  readonly value: Buffer | null
  /** Of a removed Trigger: what its cursor had said. */
  readonly lastStatement: Buffer | undefined
}

/**
 * Of all that was written about one partition, what no later record was written in knowledge of:
 * one record per key, and more only where an owner wrote that had lost the partition.
 */
export class RecordHeads {
  readonly #shared: string
  readonly #triggers: string
  readonly #failures: string
  readonly #heads = new Map<string, CursorRecord[]>()
  readonly #epochs = new Set<number>()

  constructor(partition: number) {
    this.#shared = writeKey({ kind: 'shared', partition })
    this.#triggers = writeKey({ kind: 'trigger', partition, trigger: '' })
    this.#failures = `f:${partition}:`
  }

  /** By record key, in the order of the log: the last one is the last that was written of its key. */
  get byKey(): ReadonlyMap<string, readonly CursorRecord[]> {
    return this.#heads
  }

  /** Those of the shared cursor. */
  get shared(): readonly CursorRecord[] {
    return this.#heads.get(this.#shared) ?? []
  }

  /** Of the lives that were seen. */
  get epochs(): ReadonlySet<number> {
    return this.#epochs
  }

  /**
   * Takes the next record of the log.
   * @returns whether it is about this partition
   * @throws Error when it cannot be understood
   */
  add(record: KafkaRecord): boolean {
    const key = record.key?.toString() ?? ''
    if (!this.#isMine(key)) return false
    const { writer, epoch, save } = lifeOf(record)
    const { offset, value } = record
    const statement = record.headers.find(([name]) => name === LAST_STATEMENT)?.[1]
    const added = { writer, epoch, save, offset, value, lastStatement: statement ?? undefined }
    this.#epochs.add(epoch)
    const known = this.#heads.get(key) ?? []
    if (known.some((other) => other.writer === writer && other.save > save)) return true
    this.#heads.set(key, [...known.filter((other) => !knew(added, other)), added])
    return true
  }

  #isMine(key: string): boolean {
    return key === this.#shared || key.startsWith(this.#triggers) || key.startsWith(this.#failures)
  }
}

/** Whether `later` was written by whoever wrote `earlier`, or had loaded it. */
function knew(later: CursorRecord, earlier: CursorRecord): boolean {
  if (later.writer === earlier.writer) return true
  return earlier.offset < later.epoch && earlier.epoch <= later.epoch
}
