import type { CloudEvent } from '#events/event.ts'
import type { TraceContext } from '#events/trace-context.ts'
import type { Problem } from '#problems/problem.ts'

/** A place in a Broker's log. Offsets rise within a partition, with gaps; between partitions they mean nothing. */
export interface Position {
  readonly partition: number
  readonly offset: number
}

/** An event about to be appended, and what is kept beside it (never in it). */
export interface NewRecord {
  readonly event: CloudEvent
  /** 0 for an event from the ingress; for a reply, its cause's hops plus one. At most 255. */
  readonly hops: number
  /** For a reply: where the event stands that it answers. */
  readonly cause?: Position
  /** The trace context of the hop that appended it. */
  readonly trace?: TraceContext
}

/** An event in the log. */
export interface LogRecord extends NewRecord, Position {
  /** When it was appended: the appending process's clock, milliseconds since 1970. */
  readonly time: number
}

/** The first offset still kept, and the one that the next append gets. Equal when nothing is kept. */
export interface PartitionBounds {
  readonly partition: number
  readonly start: number
  readonly end: number
}

export interface ReadOptions {
  /** Stop after the record that passes this many bytes of attributes and data. At least one record is returned. */
  readonly maxBytes: number
  /** How long to wait when there is nothing to read yet, in milliseconds. 0: do not wait. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** Something in the log that is no CloudEvent: another producer wrote it. */
export interface UnreadableRecord {
  readonly offset: number
  /** Milliseconds since 1970. */
  readonly time: number
  /** What is wrong with it, in one sentence. */
  readonly reason: string
  /** As it stands there, and its headers as text. */
  readonly value: Uint8Array | undefined
  readonly headers: ReadonlyMap<string, string>
}

export interface PartitionRead {
  readonly partition: number
  /** Ascending, all at or above the offset asked for. Empty when nothing came in time. */
  readonly records: readonly LogRecord[]
  /** What was read and is no CloudEvent: counted and kept by whoever reads, never passed over in silence. */
  readonly unreadable?: readonly UnreadableRecord[]
  /**
   * Where to go on: one above the last record or gap that was read. Below the offset asked for: the
   * log ends before it, so it is another log than the one that the offset is from.
   */
  readonly next: number
  /** The partition's first offset. Above the offset asked for: what lay between has expired. */
  readonly start: number
  /** What identifies this log at `next`; see {@link EventLog.recognises}. */
  readonly mark: string
}

/** One process's share of a Broker's partitions. */
export interface Membership {
  /**
   * Whether deliveries may begin right now: false once nobody has confirmed for too long that the
   * partitions are still ours, so that somebody else may have them already. Asked before each
   * attempt.
   */
  mayDeliver(): boolean
  /** Gives all partitions back; `revoked` is called first. Once is enough. */
  leave(): Promise<void>
}

/** Whoever asks for a share of a Broker's partitions. */
export interface PartitionOwner {
  /** These are now yours, in addition. Nobody else delivers from them before they are revoked. */
  assigned(partitions: readonly number[]): Promise<void>
  /** These are taken away. They pass on when this resolves, or when the log's patience ends. */
  revoked(partitions: readonly number[]): Promise<void>
}

/**
 * One Broker's events: append-only, in partitions. Nothing edits it; its oldest part expires.
 * Every adapter passes `test/lib/log/event-log.suite.ts`.
 */
export interface EventLog {
  /**
   * Appends records. When it resolves, all of them are durable: committed with fsync, or
   * acknowledged by all in-sync replicas. Resolves with one position per record, in order.
   * Records with the same `partitionkey` share a partition, and keep the order of the calls.
   *
   * Embedded, one call is atomic: all or none. On Kafka a rejected call may have stored a part,
   * and anywhere a rejected record may still turn up in the log.
   *
   * @throws Problem `over-capacity` when its queue is full, `log-unavailable` when the log cannot
   *   be written; both with `retryAfterSeconds`.
   */
  append(records: readonly NewRecord[]): Promise<readonly Position[]>

  /** Why an append would be refused right now, before its bytes are even read. */
  refusal(): Problem | undefined

  /** What is wrong with the storage, in one sentence for `/readyz`. */
  fault(): string | undefined

  /**
   * Reads on from several positions at once: from each partition's offset upwards, committed
   * records only, in order. Resolves as soon as one partition has something, or after `waitMs`,
   * with one entry per position asked for. Any number of readers may read at once.
   *
   * @throws Error when the storage cannot be read; nothing is skipped, ask again later.
   * @throws the signal's reason when it is aborted.
   */
  read(from: readonly Position[], options: ReadOptions): Promise<readonly PartitionRead[]>

  /** The bounds of every partition, as of some moment after the call. */
  bounds(): Promise<readonly PartitionBounds[]>

  /** Per partition, the first record appended at or after a time (milliseconds since 1970), else the end. */
  offsetsAt(timeMs: number): Promise<readonly Position[]>

  /** What identifies this log at a position between its bounds. */
  markAt(position: Position): Promise<string>

  /** Whether `mark` was read from this very log at this position; false after the log was deleted or recreated. */
  recognises(position: Position, mark: string): Promise<boolean>

  /**
   * Asks for a share of the partitions, on behalf of this process. Resolves after the first call
   * of `assigned`.
   */
  join(owner: PartitionOwner): Promise<Membership>

  /**
   * Shows to the storage's own tools how far a Trigger (`<namespace>/<name>`) has come: everything
   * below these positions is done. Kafka: as offsets of the group `knative-trigger-<namespace>-<name>`;
   * where there are no such tools, nothing. Best effort, and never read back by a cursor.
   */
  publishProgress(trigger: string, positions: readonly Position[]): Promise<void>

  /**
   * Where Knative's dispatcher left a Trigger: the offsets of its group. Partitions that it never
   * had are left out.
   */
  knativeProgress(trigger: string): Promise<readonly Position[]>

  /** Below `offset` no Ready Trigger needs anything any more, so that expiry by size may take it. */
  release(position: Position): void

  /** Ends pending reads, finishes pending appends, and lets go of the storage. */
  close(): Promise<void>
}

/** How long a Broker's events are kept: whatever ends first. */
export interface Retention {
  /** Milliseconds. */
  readonly ageMs: number
  /** Bytes on disk; `undefined` is no limit of its own. Never takes what a Ready Trigger needs. */
  readonly bytes: number | undefined
}

/** Opens the logs of one storage. */
export interface EventLogs {
  /**
   * The log of `broker` (`<namespace>/<name>`), created when it is new. The same log for the same
   * name; a second call changes its retention.
   * @throws Problem `log-unavailable`
   */
  open(broker: string, retention: Retention): Promise<EventLog>
  close(): Promise<void>
}
