import type { Attempt } from '#delivery/attempt.ts'
import type { CloudEvent } from '#events/event.ts'

/**
 * Why a delivery ended without success. `expired`: the event's `expirytime` had passed.
 * `unreadable-record`: what stood in the log is no CloudEvent.
 */
export type DeadLetterReason = 'delivery-failed' | 'expired' | 'reply-loop' | 'unreadable-record'

/** An event that could not be delivered, whole, with all that is known about why. */
export interface DeadLetter {
  /** `<namespace>/<name>` of the Broker and of the Trigger; an unreadable record has no Trigger, only ''. */
  readonly broker: string
  readonly trigger: string
  /** Where the event stands in the Broker's log. */
  readonly partition: number
  readonly offset: number
  /** When the delivery was given up, in milliseconds since 1970. */
  readonly time: number
  readonly event: CloudEvent
  readonly reason: DeadLetterReason
  /** The subscriber's URL. */
  readonly destination: string
  /** The last error, in one sentence. */
  readonly error: string
  /** The status of the last answer, where there was one. */
  readonly status?: number
  /** The failed attempts, oldest first, at most 32: the first one and the latest. */
  readonly attempts: readonly Attempt[]
}

/** A kept dead letter with its handle. */
export interface StoredDeadLetter extends DeadLetter {
  /** Made from Broker, Trigger, partition and offset: the same delivery has the same id. Safe in a URL path. */
  readonly id: string
}

/** A kept dead letter without its data: what a list shows. */
export interface DeadLetterSummary extends Omit<StoredDeadLetter, 'event'> {
  readonly event: Pick<CloudEvent, 'attributes'>
  /** The length of the event's data; `undefined` where the event has none. */
  readonly dataBytes: number | undefined
}

export interface DeadLetterQuery {
  /** Only those of this Trigger (`<namespace>/<name>`). */
  readonly trigger?: string
  /** Go on after this one: the `next` of an earlier page. */
  readonly after?: string
  /** 1 to 1000. */
  readonly limit: number
}

export interface DeadLetterPage {
  /** By `time`, newest first; those of the same millisecond in an order that does not change. */
  readonly letters: readonly DeadLetterSummary[]
  /** Where the next page begins, safe in a URL, or `undefined` at the end. */
  readonly next: string | undefined
}

/** Reads the dead letters that are kept. Sees each one from the moment its `put` resolved. */
export interface DeadLetterReader {
  /**
   * One page. The data of the events is not read.
   * @throws Problem `request-malformed` when `after` is no page's `next`.
   * @throws RangeError when `limit` is out of bounds.
   * @throws Error when the storage cannot be read; the next call may work again.
   */
  list(query: DeadLetterQuery): Promise<DeadLetterPage>
  /** The whole letter, or `undefined` when none has this id. @throws Error as `list` does. */
  get(id: string): Promise<StoredDeadLetter | undefined>
  /** How many are kept. @throws Error as `list` does. */
  count(): Promise<number>
  /** Lets go of the storage. Once is enough; twice does no harm. */
  close(): Promise<void>
}

/** Where dead letters are kept. Every adapter passes `test/lib/dead-letters/dead-letters.suite.ts`. */
export interface DeadLetters extends DeadLetterReader {
  /**
   * Keeps a dead letter. When it resolves it is durable (fsync, or all in-sync replicas). The same
   * delivery again replaces the earlier one: there is one per Trigger, partition and offset.
   * @throws Error when it cannot be written; the delivery must stay open then.
   */
  put(letter: DeadLetter): Promise<void>
}
