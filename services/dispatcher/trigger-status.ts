import type { Readiness, Trigger } from '#triggers/trigger.ts'
import type { TriggerStatus } from '#triggers/trigger-status.ts'
import type { Partition } from './partition.ts'

const STARTING: Readiness = {
  ready: false,
  reason: 'Starting',
  message: 'The Trigger is about to take its place in the log',
}

/** How a Trigger is doing over these partitions, whose logs end at `ends`. */
export function triggerStatus(
  trigger: Trigger,
  partitions: readonly Partition[],
  ends: ReadonlyMap<number, number>,
): TriggerStatus {
  let lag = 0
  let open = 0
  let inFlight = 0
  let retrying = 0
  let attached = partitions.length > 0
  let known = partitions.length > 0
  let lastError: TriggerStatus['lastError']
  for (const partition of partitions) {
    const egress = partition.egresses.get(trigger.key)
    if (egress === undefined) {
      known = false
      continue
    }
    const end = ends.get(partition.id) ?? partition.sharedOffset
    lag += Math.max(0, end - (egress.next ?? partition.sharedOffset))
    open += egress.openCount
    inFlight += egress.inFlight
    retrying += egress.retrying
    attached &&= egress.attached
    if (egress.lastError !== undefined && egress.lastError.time >= (lastError?.time ?? 0)) {
      lastError = egress.lastError
    }
  }
  const stands = !trigger.readiness.ready || trigger.paused || !known
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
