import { parentPort, workerData } from 'node:worker_threads'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import type { CompiledSchemas } from '#schemas/compiled-schemas.ts'
import { createSchemaGate } from '#schemas/create-schema-gate.ts'
import { loadSchemas } from '#schemas/load-schemas.ts'
import { createLogger } from '#telemetry/logger.ts'
import { createRegistry } from '#telemetry/metrics.ts'
import { startTracing } from '#telemetry/open-telemetry/start-tracing.ts'
import { atMost } from '#time/at-most.ts'
import { systemClock } from '#time/system-clock.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import { Dispatcher } from '../dispatcher/dispatcher.ts'
import { answerCalls } from './calls.ts'
import { openDispatcherStorage } from './open-dispatcher-storage.ts'
import type { DispatcherStorageData } from './storage.ts'

/** Whoever asks for the metrics has the gauges' last values where a log does not answer. */
const MEASURE_MS = 1000

/** What the main thread hands to the dispatcher's. */
export interface DispatcherThreadData {
  readonly storage: DispatcherStorageData
  readonly maxEventBytes: number
  readonly graceMs: number
  readonly logLevel: string
  readonly env: Readonly<Record<string, string | undefined>>
}

if (parentPort === null) throw new TypeError('This file is the entry of a worker thread')
const data = workerData as DispatcherThreadData
const logger = createLogger({ level: data.logLevel, name: 'dispatcher' })
const registry = createRegistry({ thread: 'dispatcher' })
const opened = new AsyncDisposableStack()
const tracing = await startTracing(data.env, 'sluice-dispatcher')
opened.defer(() => tracing?.close())
let schemas = loadSchemas({ schemas: [], sources: [] })
const storage = await openDispatcherStorage(data.storage, logger, opened)
const client = new HttpSubscriberClient({ clock: systemClock, maxReplyBytes: data.maxEventBytes })
opened.defer(() => client.close())
const dispatcher = new Dispatcher({
  ...storage,
  client,
  schemas: createSchemaGate(
    () => schemas,
    (type, violations) => logger.warn({ type, violations }, 'A reply does not match its schema'),
  ),
  tracing,
  registry,
  logger,
  clock: systemClock,
  graceMs: data.graceMs,
})

answerCalls(parentPort, {
  schemas: async (compiled: CompiledSchemas) => {
    schemas = loadSchemas(compiled)
  },
  apply: async (snapshot: Snapshot) => {
    storage.apply(snapshot.brokers)
    await dispatcher.apply(snapshot)
    return dispatcher.fault
  },
  statuses: () => dispatcher.statuses(),
  fault: async () => dispatcher.fault,
  metrics: async () => {
    await atMost(MEASURE_MS, dispatcher.measure(), systemClock)
    return registry.getMetricsAsJSON()
  },
  close: async () => {
    await dispatcher.close(data.graceMs)
    await opened.disposeAsync()
  },
})
