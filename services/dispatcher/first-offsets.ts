import type { EventLog } from '#log/event-log.ts'
import type { Trigger } from '#triggers/trigger.ts'
import { boundsOf } from './saved-partition.ts'

/** Where Triggers without a cursor begin in a partition (`sluice.dev/start`), by their key. */
export async function firstOffsets(
  log: EventLog,
  partition: number,
  triggers: readonly Trigger[],
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>()
  if (triggers.length === 0) return offsets
  const { start, end } = await boundsOf(log, partition)
  for (const trigger of triggers) {
    if (trigger.start === 'latest') offsets.set(trigger.key, end)
    else if (trigger.start === 'earliest') offsets.set(trigger.key, start)
    else {
      const positions = await log.offsetsAt(trigger.start)
      const position = positions.find((each) => each.partition === partition)
      offsets.set(trigger.key, position?.offset ?? end)
    }
  }
  return offsets
}
