import type { Snapshot } from './trigger.ts'

/** Where Brokers and Triggers come from: files, or a cluster. */
export interface TriggerSource {
  /** The state now. Whole: never half of a change. */
  snapshot(): Snapshot
  /** Calls `listener` with each new snapshot, until the returned function is called. */
  onChange(listener: (snapshot: Snapshot) => void): () => void
  /** Stops watching. */
  close(): Promise<void>
}
