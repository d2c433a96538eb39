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
  if (trigger.start === 'knative-group') return knativeOffset(log, partition, trigger, logger)
  const positions = await log.offsetsAt(trigger.start)
  const offset = positions.find((each) => each.partition === partition)?.offset
  return Math.min(Math.max(offset ?? end, start), end)
}

/** Where Knative's dispatcher left it: wherever that is in doubt, nothing must be missed. */
async function knativeOffset(
  log: EventLog,
  partition: number,
  { key }: Trigger,
  logger: Logger,
): Promise<number> {
  const positions = await log.knativeProgress(key)
  // Asked for afterwards: the group may have gone on until now.
  const { start, end } = boundsOf(await log.bounds(), partition)
  const offset = positions.find((each) => each.partition === partition)?.offset
  if (offset !== undefined && offset <= end) return Math.max(offset, start)
  if (offset !== undefined) {
    logger.error(
      { trigger: key, partition, offset, end, start },
      "Knative's consumer group is beyond the end of the log, so it is of another one: the Trigger starts at the earliest event",
    )
  } else if (positions.length === 0) {
    logger.warn(
      { trigger: key, partition, start },
      "Knative's consumer group of the Trigger has no offsets: it starts at the earliest event",
    )
  }
  // Where others are known, this partition was added since.
  return start
}
