import type { ProblemType } from '#problems/problem.ts'
import type { Retention } from '../event-log.ts'

/** A Problem as it passes between threads. */
export interface SentProblem {
  readonly type: ProblemType
  readonly detail: string
  readonly retryAfterSeconds: number
}

/** What a log tells of itself to all its clients. */
export interface LogState {
  /** What is wrong with its storage. */
  readonly fault: string | undefined
  /** Why an append would be refused. */
  readonly refusal: SentProblem | undefined
}

/** What a client asks of the writer. `log` is the number that `opened` gave. */
export type ToWriter =
  | {
      readonly kind: 'open'
      readonly call: number
      readonly broker: string
      readonly retention: Retention
      readonly now: number
      /** The client sets cell 0 to 1 to be woken by the next commit. */
      readonly waiting: Int32Array
    }
  | {
      readonly kind: 'append'
      readonly log: number
      readonly time: number
      /** Per row: how many records, how many bytes. */
      readonly rows: readonly number[]
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'release'
      readonly log: number
      readonly offset: number
      readonly now: number
    }
  | {
      readonly kind: 'unreadable'
      readonly log: number
      /** The segment that could not be read, or can be read again. */
      readonly first: number
      readonly fault: string | undefined
    }
  | { readonly kind: 'tick'; readonly now: number }
  | { readonly kind: 'detach'; readonly log: number }

/** What the writer answers and tells. */
export type FromWriter =
  | {
      readonly kind: 'opened'
      readonly call: number
      readonly log: number
      readonly id: string
      /** See LogBounds. */
      readonly bounds: BigInt64Array
      readonly state: LogState
    }
  | { readonly kind: 'not-opened'; readonly call: number; readonly detail: string }
  | {
      readonly kind: 'appended'
      readonly log: number
      readonly first: number
      /** The buffer of the request, to be used again. */
      readonly bytes: Uint8Array
    }
  | { readonly kind: 'refused'; readonly log: number; readonly problem: SentProblem }
  | { readonly kind: 'state'; readonly log: number; readonly state: LogState }
  /** Segments were added or have expired. */
  | { readonly kind: 'segments'; readonly log: number }
  | { readonly kind: 'wake'; readonly log: number }
  /** The client's wish is done; if it was the last one, the files are closed. */
  | { readonly kind: 'detached'; readonly log: number }
