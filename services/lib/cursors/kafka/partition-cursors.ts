import { KafkaError } from '#kafka/kafka-error.ts'
import { Problem } from '#problems/problem.ts'
import type { CursorChange, PartitionCursor, Saved, SharedCursor } from '../cursors.ts'
import { missingShared } from '../missing-shared.ts'
import { changeRecords } from './change-records.ts'
import type { CursorTopic } from './cursor-topic.ts'
import type { SharedValue } from './cursor-values.ts'
import { type EncodedChange, encodeChange } from './encode-change.ts'
import { beginLife, type Life } from './life.ts'
import { mergeCursorRecords } from './merge-cursor-records.ts'
import { offsetAt, readRecords } from './read-records.ts'
import { RecordHeads } from './record-heads.ts'
import { splitRecords } from './split-records.ts'

export interface PartitionCursorsParts {
  /** `<namespace>/<name>` */
  readonly broker: string
  readonly partition: number
  /** Where the Broker's cursors are; looked after again when that `failed`. */
  topic(): Promise<CursorTopic>
  failed(): void
}

/** What this process knows of the partition since it was loaded here. */
interface OwnLife extends Life {
  /** As it was loaded or saved last; `undefined` when it never was. */
  shared: SharedValue | undefined
  /** Where the cursor partition ends, if nobody else writes to it. */
  end: number
  /** Something was written that this life does not know, and no save has said so yet. */
  isContested: boolean
  /** How many saves it has begun. */
  saves: number
  /** What each Trigger's record said last. */
  readonly statements: Map<string, string>
}

/** The cursors of one partition: one load or save after the other. */
export class PartitionCursors {
  readonly #parts: PartitionCursorsParts
  #life: OwnLife | undefined
  #last: Promise<unknown> = Promise.resolve()

  constructor(parts: PartitionCursorsParts) {
    this.#parts = parts
  }

  /** See `Cursors.load`. */
  load(): Promise<PartitionCursor | undefined> {
    return this.#next('load', () => this.#load())
  }

  /** See `Cursors.save`. */
  async save(change: CursorChange): Promise<Saved> {
    const encoded = encodeChange(change)
    return this.#next('save', () => this.#save(encoded))
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#last
  }

  async #load(): Promise<PartitionCursor | undefined> {
    const known = this.#life
    const heads = new RecordHeads(this.#parts.partition)
    const topic = await this.#parts.topic()
    const place = this.#placeIn(topic)
    const { cluster } = topic.kafka
    // Asked for after the call: what was saved before it is below.
    const end = await offsetAt(cluster, place, 'latest')
    const start = await offsetAt(cluster, place, 'earliest')
    let hasMissed = false
    await readRecords(cluster, place, start, end, (record) => {
      if (heads.add(record) && known !== undefined && record.offset >= known.end) hasMissed = true
    })
    const merged = mergeCursorRecords(heads)
    // Whoever only looks does not end the life of an owner in the same process.
    const goesOn = known !== undefined && !hasMissed && known.end <= end
    const life = goesOn ? known : newLife(end, heads, known !== undefined)
    life.end = end
    life.shared = merged?.shared
    this.#life = life
    return merged?.cursor
  }

  async #save(change: EncodedChange): Promise<Saved> {
    if (this.#life === undefined) await this.#load()
    const life = this.#life
    const shared = life && sharedWith(change.shared, life)
    const { broker, partition } = this.#parts
    if (life === undefined || shared === undefined) throw missingShared(broker, partition)
    const { statements } = life
    const save = ++life.saves
    const time = Date.now()
    const records = changeRecords(change, { partition, life, save, shared, statements, time })
    const topic = await this.#parts.topic()
    const place = this.#placeIn(topic)
    for (const batch of splitRecords(records, topic.maxBatchBytes)) {
      const base = await topic.kafka.producer.send(place.topic, place.partition, batch)
      if (base !== life.end) life.isContested ||= await this.#hasMissed(topic, life, base)
      // The topic was created again: who has written there is to be found out.
      if (base < life.end) this.#life = undefined
      life.end = base + batch.length
    }
    life.shared = shared
    const contested = life.isContested
    life.isContested = false
    return { contested }
  }

  /**
   * Whether something about this partition stands in between: of another process, or of our own,
   * come late, so that it hides what is newer.
   */
  async #hasMissed(topic: CursorTopic, life: OwnLife, end: number): Promise<boolean> {
    if (end < life.end) return true
    const heads = new RecordHeads(this.#parts.partition)
    let hasMissed = false
    try {
      await readRecords(topic.kafka.cluster, this.#placeIn(topic), life.end, end, (record) => {
        if (heads.add(record)) hasMissed = true
      })
    } catch {
      // Saving all of it again is right in any case.
      return true
    }
    return hasMissed
  }

  /** The topic may have fewer partitions than the events have by now. */
  #placeIn({ name, partitions }: CursorTopic) {
    return { topic: name, partition: this.#parts.partition % partitions }
  }

  #next<T>(verb: string, work: () => Promise<T>): Promise<T> {
    const run = this.#last.then(work).catch((error: unknown) => {
      throw this.#failure(verb, error)
    })
    this.#last = run.catch(() => undefined)
    return run
  }

  #failure(verb: string, error: unknown): unknown {
    if (error instanceof Problem || error instanceof TypeError) return error
    this.#parts.failed()
    const { broker, partition } = this.#parts
    const reason = error instanceof Error ? error.message : String(error)
    const message = `Cannot ${verb} the cursors of ${broker} partition ${partition}: ${reason}`
    if (error instanceof KafkaError) return new KafkaError(error.code, message, { cause: error })
    return new Error(message, { cause: error })
  }
}

function newLife(end: number, heads: RecordHeads, isContested: boolean): OwnLife {
  let epoch = end
  // Higher than any in a topic that was created again, too.
  for (const seen of heads.epochs) epoch = Math.max(epoch, seen + 1)
  const statements = new Map<string, string>()
  return { ...beginLife(epoch), shared: undefined, end, isContested, saves: 0, statements }
}

/** The shared cursor with a change. Where it moves back, the event log is another one than before. */
function sharedWith(shared: SharedCursor | undefined, life: OwnLife): SharedValue | undefined {
  if (shared === undefined) return life.shared
  const wentBack = life.shared !== undefined && shared.offset < life.shared.offset
  return { ...shared, reset: wentBack ? life.epoch : (life.shared?.reset ?? 0) }
}
