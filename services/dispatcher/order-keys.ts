import { setImmediate as turn } from 'node:timers/promises'
import type { EventLog } from '#log/event-log.ts'
import { orderKey } from './order-key.ts'

/** Little, since what is wanted may lie far apart. */
const READ_BYTES = 64 * 1024

/**
 * The order keys of events that are read again after a restart, by offset (`offsets` ascending).
 * What has expired or cannot be read has none: it must not hold up the others.
 */
export async function readOrderKeys(
  log: EventLog,
  partition: number,
  offsets: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const wanted = new Set(offsets)
  const keys = new Map<number, string>()
  const options = { maxBytes: READ_BYTES, waitMs: 0, signal }
  let next = 0
  for (const offset of offsets) {
    if (offset < next) continue
    // Whoever delivers the event meets the same failure, and says so.
    const [read] = await log.read([{ partition, offset }], options).catch(() => [])
    signal.throwIfAborted()
    for (const { offset: at, event } of read?.records ?? []) {
      if (wanted.has(at)) keys.set(at, orderKey(event))
    }
    next = read?.next ?? next
    await turn()
  }
  return keys
}
