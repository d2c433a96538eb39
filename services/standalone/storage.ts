import type { MessagePort } from 'node:worker_threads'
import type { DeadLetterReader } from '#dead-letters/dead-letters.ts'
import type { EventLogs } from '#log/event-log.ts'
import type { KafkaOptions } from '#startup/kafka-options.ts'
import type { Broker, Snapshot } from '#triggers/trigger.ts'

/** How the dispatcher's thread gets at the storage. Crosses threads, its port by transfer. */
export type DispatcherStorageData =
  | { readonly profile: 'embedded'; readonly dataDir: string; readonly log: MessagePort }
  | { readonly profile: 'kafka'; readonly kafka: KafkaOptions }

/** Where events are kept, as the main thread sees it. */
export interface Storage {
  /** Whose it is; see `GatewayOptions`. */
  readonly kind: 'own' | 'shared'
  /** For the gateway. */
  readonly logs: EventLogs
  /** For the administration. */
  readonly deadLetters: Pick<DeadLetterReader, 'list' | 'get'>
  readonly forDispatcher: DispatcherStorageData
  /** Must be told about a snapshot's Brokers before the gateway is. */
  apply(brokers: readonly Broker[]): void
  /** For the banner: after "Events are kept in", and where each Ready Broker's are. */
  readonly keptIn: string
  places(snapshot: Snapshot): ReadonlyMap<string, string>
}
