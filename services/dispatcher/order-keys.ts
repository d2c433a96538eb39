import type { EventLog } from '#log/event-log.ts'
import { orderKey } from './order-key.ts'

const READ_BYTES = 1024 * 1024

/** The order keys of events that are read again after a restart, by offset. */
export async function readOrderKeys(
  log: EventLog,
  partition: number,
  offsets: readonly number[],
  signal: AbortSignal,
): Promise<ReadonlyMap<number, string>> {
  const wanted = new Set(offsets)
  const keys = new Map<number, string>()
  const last = offsets.at(-1) ?? -1
  let next = offsets[0] ?? 0
  while (next <= last) {
    const options = { maxBytes: READ_BYTES, waitMs: 0, signal }
    const [read] = await log.read([{ partition, offset: next }], options)
    if (read === undefined || read.next <= next) break
    for (const { offset, event } of read.records) {
      if (wanted.has(offset)) keys.set(offset, orderKey(event))
    }
    next = offsets.find((offset) => read.next <= offset) ?? read.next
  }
  return keys
}
