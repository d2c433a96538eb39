import type { Readiness } from './trigger.ts'

/** How one Trigger is doing, over all partitions that this process owns. */
export interface TriggerStatus {
  /** `<namespace>/<name>` of the Trigger and of its Broker. */
  readonly trigger: string
  readonly broker: string
  readonly readiness: Readiness
  readonly paused: boolean
  /** `attached`: reads with the others. `detached`: catches up by itself. `standing`: paused or not Ready. */
  readonly state: 'attached' | 'detached' | 'standing'
  /** Events between what has been judged for it and the end of the log. */
  readonly lag: number
  /** Matched, not ended: waiting, in flight, or between retries. */
  readonly open: number
  readonly inFlight: number
  /** Between two attempts. */
  readonly retrying: number
  readonly lastError: { readonly time: number; readonly error: string } | undefined
}
