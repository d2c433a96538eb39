import type { Readiness, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import type { Partition } from './partition.ts'

const STARTING: Readiness = {
  ready: false,
  reason: 'Starting',
  message: 'The Trigger is about to take its place in the log',
}

/**
 * How a Trigger is doing over these partitions, whose logs end at `ends`. Without a share of them
 * (other processes have all) it stands here, and is as Ready as it says.
 */
export function triggerStatus(
  trigger: Trigger,
  partitions: readonly Partition[],
  hasShare: boolean,
  ends: ReadonlyMap<number, number>,
): TriggerStatus {
  let lag = 0
  let open = 0
  let inFlight = 0
  let retrying = 0
  let attached = partitions.length > 0
  let known = partitions.length > 0 || !hasShare
  let lastError: TriggerStatus['lastError']
  for (const partition of partitions) {
    const egress = partition.egresses.get(trigger.key)
    if (egress === undefined) {
      known = false
      continue
    }
    const shared = partition.shared.offset
    const end = ends.get(partition.id) ?? shared
    lag += Math.max(0, end - (egress.next ?? shared))
    open += egress.openCount
    inFlight += egress.inFlight
    retrying += egress.retrying
    attached &&= egress.attached
    if (egress.lastError !== undefined && egress.lastError.time >= (lastError?.time ?? 0)) {
      lastError = egress.lastError
    }
  }
  const stands = !trigger.readiness.ready || trigger.paused || !known || partitions.length === 0
  return {
    trigger: trigger.key,
    broker: trigger.broker,
    readiness: trigger.readiness.ready && !known ? STARTING : trigger.readiness,
    paused: trigger.paused,
    state: stands ? 'standing' : attached ? 'attached' : 'detached',
    lag,
    open,
    inFlight,
    retrying,
    lastError,
  }
}
