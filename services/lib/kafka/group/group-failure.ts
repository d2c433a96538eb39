import { KafkaError } from '../kafka-error.ts'
import { isPassing } from '../retry-kafka.ts'

/**
 * What a failed request means for a member: `rebalance`: all join again; `lost`: it is no member
 * any more; `session`: its session time-out is not allowed; `passing`: it may succeed later;
 * `refused`: not before somebody changes something.
 */
export type GroupFailure = 'rebalance' | 'lost' | 'session' | 'passing' | 'refused'

const MEANINGS: ReadonlyMap<string, GroupFailure> = new Map([
  ['REBALANCE_IN_PROGRESS', 'rebalance'],
  ['UNKNOWN_MEMBER_ID', 'lost'],
  ['ILLEGAL_GENERATION', 'lost'],
  ['FENCED_INSTANCE_ID', 'lost'],
  ['INVALID_SESSION_TIMEOUT', 'session'],
])

export function groupFailure(error: unknown): GroupFailure {
  const meaning = error instanceof KafkaError ? MEANINGS.get(error.code) : undefined
  return meaning ?? (isPassing(error) ? 'passing' : 'refused')
}
