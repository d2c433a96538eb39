import { setTimeout as delay } from 'node:timers/promises'
import { KafkaError } from './kafka-error.ts'

/** What passes by itself while a cluster elects leaders, or a broker restarts. */
const PASSING = new Set([
  'BROKER_NOT_AVAILABLE',
  'CONNECTION',
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'FENCED_LEADER_EPOCH',
  'KAFKA_STORAGE_ERROR',
  'LEADER_NOT_AVAILABLE',
  'NETWORK_EXCEPTION',
  'NOT_CONTROLLER',
  'NOT_COORDINATOR',
  'NOT_LEADER_OR_FOLLOWER',
  'OFFSET_NOT_AVAILABLE',
  'REPLICA_NOT_AVAILABLE',
  'REQUEST_TIMED_OUT',
  'UNKNOWN_LEADER_EPOCH',
])
const AGAIN_MS = 100

/** Whether the same request may succeed a little later. */
export function isPassing(error: unknown): boolean {
  return error instanceof KafkaError && PASSING.has(error.code)
}

/**
 * Asks again while what went wrong passes by itself, and no longer than `withinMs`.
 * @throws KafkaError the last failure
 */
export async function retryKafka<T>(withinMs: number, ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + withinMs
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error) || performance.now() + AGAIN_MS > deadline) throw error
      await delay(AGAIN_MS)
    }
  }
}
