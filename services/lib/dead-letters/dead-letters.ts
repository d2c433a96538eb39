import type { Attempt } from '#delivery/attempt.ts'
import type { CloudEvent } from '#events/event.ts'

/** Why a delivery ended without success. */
export type DeadLetterReason = 'delivery-failed' | 'reply-loop'

/** An event that could not be delivered, whole, with all that is known about why. */
export interface DeadLetter {
  /** `<namespace>/<name>` of the Broker and of the Trigger. */
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

export interface DeadLetterQuery {
  /** Only those of this Trigger (`<namespace>/<name>`). */
  readonly trigger?: string
  /** Go on after this one: the `next` of an earlier page. */
  readonly after?: string
  /** 1 to 1000. */
  readonly limit: number
}

export interface DeadLetterPage {
  /** Newest first. */
  readonly letters: readonly StoredDeadLetter[]
  /** Where the next page begins, or `undefined` at the end. */
  readonly next: string | undefined
}

/** Where dead letters are kept. Every adapter passes `test/lib/dead-letters/dead-letters.suite.ts`. */
export interface DeadLetters {
  /**
   * Keeps a dead letter. When it resolves it is durable (fsync, or all in-sync replicas). The same
   * delivery again replaces the earlier one: there is one per Trigger, partition and offset.
   * @throws Error when it cannot be written; the delivery must stay open then.
   */
  put(letter: DeadLetter): Promise<void>
  list(query: DeadLetterQuery): Promise<DeadLetterPage>
  get(id: string): Promise<StoredDeadLetter | undefined>
  count(): Promise<number>
  close(): Promise<void>
}
