import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { LogRecord } from '#log/event-log.ts'
import type { Clock } from '#time/clock.ts'
import type { Broker } from '#triggers/trigger.ts'
import type { IdHash, RecentIds } from './recent-ids.ts'

type DedupBroker = Pick<Broker, 'key' | 'dedupWindowMs'>

/** Appends records, as `EventLog.append` does. */
type Append<R> = (records: readonly R[]) => Promise<unknown>

/** An append, which others may wait for. */
interface UnderWay {
  outcome: Promise<void> | undefined
}

const NONE: readonly number[] = []
const NO_REPEATS = Promise.resolve(NONE)

/**
 * Lets each (`source`, `id`) into a Broker's log once within the Broker's dedup window. An id is
 * remembered when its append has succeeded; while that is under way, repeats wait for it.
 */
export class Dedup {
  readonly #recent: RecentIds
  readonly #clock: Pick<Clock, 'now'>
  /** The appends under way, by the ids that they will add. */
  readonly #underWay = new Map<IdHash, UnderWay>()

  constructor(recent: RecentIds, clock: Pick<Clock, 'now'>) {
    this.#recent = recent
    this.#clock = clock
  }

  /**
   * Appends those of a request's records that are no repeats, in one call of `append` and in their
   * order, and makes no call when there are none. Resolves with the places of those that were
   * repeats, ascending (the second of two within the request is one), when all of the request's events are durable: its own append
   * has succeeded, and so have the earlier ones that its repeats were waiting for. `append` is
   * called before this returns, so that requests keep their order.
   *
   * @throws whatever its own append, or one that it waited for, threw; then nothing of that append
   *   is remembered, and sending the request again is right.
   */
  admit<R extends { readonly event: CloudEvent }>(
    broker: DedupBroker,
    records: readonly R[],
    append: Append<R>,
  ): Promise<readonly number[]> {
    if (broker.dedupWindowMs === 0) {
      return records.length === 0 ? NO_REPEATS : append(records).then(() => NONE)
    }
    const own: UnderWay = { outcome: undefined }
    const fresh: R[] = []
    const hashes: IdHash[] = []
    const earlier: (Promise<void> | undefined)[] = []
    const repeats: number[] = []
    const now = this.#clock.now()
    for (let index = 0; index < records.length; index++) {
      const record = records[index]
      if (record === undefined) continue
      const hash = this.#hash(broker, record.event)
      const other = this.#underWay.get(hash)
      if (other === undefined && !this.#recent.seen(hash, now, broker.dedupWindowMs)) {
        this.#underWay.set(hash, own)
        fresh.push(record)
        hashes.push(hash)
        continue
      }
      repeats.push(index)
      if (other !== undefined && other !== own) earlier.push(other.outcome)
    }
    if (fresh.length > 0) own.outcome = this.#append(fresh, hashes, broker.dedupWindowMs, append)
    if (earlier.length === 0) return own.outcome?.then(() => repeats) ?? Promise.resolve(repeats)
    return Promise.all([own.outcome, ...earlier]).then(() => repeats)
  }

  /**
   * Remembers an event that is in the log already, at the time it was appended. Called at the start,
   * oldest first, for the records of the window. Replies are passed over: they are never repeats.
   */
  remember(broker: DedupBroker, record: Pick<LogRecord, 'event' | 'hops' | 'time'>): void {
    if (record.hops > 0 || this.#clock.now() - record.time >= broker.dedupWindowMs) return
    this.#recent.add(this.#hash(broker, record.event), record.time, broker.dedupWindowMs)
  }

  #append<R>(
    records: readonly R[],
    hashes: readonly IdHash[],
    windowMs: number,
    append: Append<R>,
  ): Promise<void> {
    let appended: Promise<unknown>
    try {
      appended = append(records)
    } catch (error) {
      appended = Promise.reject(error)
    }
    return appended.then(
      () => this.#settle(hashes, windowMs),
      (error: unknown) => {
        this.#settle(hashes, undefined)
        throw error
      },
    )
  }

  /** Ends an append: its ids are remembered, or, without a window, forgotten. */
  #settle(hashes: readonly IdHash[], windowMs: number | undefined): void {
    const now = this.#clock.now()
    for (const hash of hashes) {
      this.#underWay.delete(hash)
      if (windowMs !== undefined) this.#recent.add(hash, now, windowMs)
    }
  }

  #hash(broker: DedupBroker, event: CloudEvent): IdHash {
    const source = stringAttribute(event, 'source') ?? ''
    return this.#recent.hash(broker.key, source, stringAttribute(event, 'id') ?? '')
  }
}
