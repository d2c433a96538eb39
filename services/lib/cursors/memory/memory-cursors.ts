import type {
  CursorChange,
  Cursors,
  FailedDelivery,
  PartitionCursor,
  Saved,
  SharedCursor,
  TriggerCursor,
} from '../cursors.ts'
import { missingShared } from '../missing-shared.ts'

interface Partition {
  shared: SharedCursor
  readonly triggers: Map<string, TriggerCursor>
  readonly failures: Map<string, Map<number, FailedDelivery>>
}

/** Cursors that live as long as the process. Nothing is shared with the caller: all is copied. */
export class MemoryCursors implements Cursors {
  readonly #partitions = new Map<string, Partition>()

  async load(broker: string, partition: number): Promise<PartitionCursor | undefined> {
    return structuredClone(this.#partitions.get(key(broker, partition)))
  }

  async save(broker: string, partition: number, change: CursorChange): Promise<Saved> {
    const { shared, triggers, failures } = structuredClone(change)
    const saved = this.#partition(broker, partition, shared)
    for (const [trigger, cursor] of triggers ?? []) {
      if (cursor === undefined) saved.triggers.delete(trigger)
      else saved.triggers.set(trigger, cursor)
    }
    for (const { trigger, offset, failure } of failures ?? []) {
      if (failure === undefined) removeFailure(saved.failures, trigger, offset)
      else addFailure(saved.failures, trigger, offset, failure)
    }
    return { contested: false }
  }

  async close(): Promise<void> {}

  #partition(broker: string, partition: number, shared: SharedCursor | undefined): Partition {
    let saved = this.#partitions.get(key(broker, partition))
    if (saved === undefined) {
      if (shared === undefined) throw missingShared(broker, partition)
      saved = { shared, triggers: new Map(), failures: new Map() }
      this.#partitions.set(key(broker, partition), saved)
    } else if (shared !== undefined) {
      saved.shared = shared
    }
    return saved
  }
}

function key(broker: string, partition: number): string {
  return `${broker}/${partition}`
}

function addFailure(
  failures: Map<string, Map<number, FailedDelivery>>,
  trigger: string,
  offset: number,
  failure: FailedDelivery,
): void {
  const ofTrigger = failures.get(trigger)
  if (ofTrigger === undefined) failures.set(trigger, new Map([[offset, failure]]))
  else ofTrigger.set(offset, failure)
}

/** A Trigger without failures has no entry. */
function removeFailure(
  failures: Map<string, Map<number, FailedDelivery>>,
  trigger: string,
  offset: number,
): void {
  const ofTrigger = failures.get(trigger)
  ofTrigger?.delete(offset)
  if (ofTrigger?.size === 0) failures.delete(trigger)
}
