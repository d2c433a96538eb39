import { setImmediate } from 'node:timers/promises'
import type { EventLog } from '#log/event-log.ts'
import type { Clock } from '#time/clock.ts'
import type { Broker } from '#triggers/trigger.ts'
import type { Dedup } from './dedup.ts'

/** Read at a time; between two slices the event loop serves others. */
const SLICE_BYTES = 1024 * 1024

/**
 * Reads back the events of a Broker's dedup window from its log, so that a repeat is recognised
 * after a restart. Of each partition at most the last `capacity` offsets: older ones would be
 * forgotten again.
 *
 * @throws Error when the log cannot be read, and the signal's reason when it is aborted.
 */
export async function refillDedup(
  dedup: Pick<Dedup, 'remember'>,
  broker: Broker,
  log: Pick<EventLog, 'bounds' | 'offsetsAt' | 'read'>,
  {
    clock,
    capacity,
    signal,
  }: { readonly clock: Clock; readonly capacity: number; readonly signal: AbortSignal },
): Promise<void> {
  if (broker.dedupWindowMs === 0) return
  const begin = await log.offsetsAt(clock.now() - broker.dedupWindowMs)
  const ends = new Map((await log.bounds()).map(({ partition, end }) => [partition, end]))
  const endOf = (partition: number) => ends.get(partition) ?? 0
  let from = begin.map(({ partition, offset }) => ({
    partition,
    offset: Math.max(offset, endOf(partition) - capacity),
  }))
  for (;;) {
    from = from.filter(({ partition, offset }) => offset < endOf(partition))
    if (from.length === 0) return
    const reads = await log.read(from, { maxBytes: SLICE_BYTES, waitMs: 0, signal })
    let isStuck = true
    for (const { partition, records, next } of reads) {
      for (const record of records) dedup.remember(broker, record)
      const position = from.find((each) => each.partition === partition)
      if (position !== undefined && next > position.offset) isStuck = false
    }
    // Nothing is committed up there: what is under way is not in the log yet.
    if (isStuck) return
    from = reads.map(({ partition, next }) => ({ partition, offset: next }))
    await setImmediate()
  }
}
