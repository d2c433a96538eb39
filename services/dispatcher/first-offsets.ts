import type { EventLog, PartitionBounds } from '#log/event-log.ts'
import type { Logger } from '#telemetry/logger.ts'
import type { Trigger } from '#triggers/trigger.ts'
import { boundsOf } from './saved-partition.ts'

/**
 * Where Triggers without a cursor begin in a partition (`sluice.dev/start`), by their key.
 * @throws Error when the log cannot say.
 */
export async function firstOffsets(
  log: EventLog,
  partition: number,
  triggers: readonly Trigger[],
  logger: Logger,
): Promise<ReadonlyMap<string, number>> {
  const offsets = new Map<string, number>()
  if (triggers.length === 0) return offsets
  const bounds = boundsOf(await log.bounds(), partition)
  for (const trigger of triggers) {
    offsets.set(trigger.key, await firstOffset(log, bounds, trigger, logger))
  }
  return offsets
}

async function firstOffset(
  log: EventLog,
  { partition, start, end }: PartitionBounds,
  trigger: Trigger,
  logger: Logger,
): Promise<number> {
  if (trigger.start === 'latest') return end
  if (trigger.start === 'earliest') return start
  const isGroup = trigger.start === 'knative-group'
  const positions = isGroup
    ? await log.knativeProgress(trigger.key)
    : await log.offsetsAt(Number(trigger.start))
  const offset = positions.find((each) => each.partition === partition)?.offset
  if (offset !== undefined) return Math.min(Math.max(offset, start), end)
  if (!isGroup) return end
  // Where others are known, this one was added since; where none is, nothing must be missed.
  if (positions.length === 0) {
    logger.warn(
      { trigger: trigger.key, partition, start },
      "Knative's consumer group of the Trigger has no offsets: it starts at the earliest event",
    )
  }
  return start
}
