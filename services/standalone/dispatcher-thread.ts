import { join } from 'node:path'
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { SqliteCursors } from '#cursors/sqlite/sqlite-cursors.ts'
import { SqliteDeadLetters } from '#dead-letters/sqlite/sqlite-dead-letters.ts'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import type { CompiledSchemas } from '#schemas/compiled-schemas.ts'
import { createSchemaGate } from '#schemas/create-schema-gate.ts'
import { loadSchemas } from '#schemas/load-schemas.ts'
import { createLogger } from '#telemetry/logger.ts'
import { createRegistry } from '#telemetry/metrics.ts'
import { startTracing } from '#telemetry/open-telemetry/start-tracing.ts'
import { systemClock } from '#time/system-clock.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import { Dispatcher } from '../dispatcher/dispatcher.ts'
import { answerCalls } from './calls.ts'

/** What the main thread hands to the dispatcher's. */
export interface DispatcherThreadData {
  readonly dataDir: string
  readonly maxEventBytes: number
  readonly graceMs: number
  readonly logLevel: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Leads to the log writer. */
  readonly log: MessagePort
}

if (parentPort === null) throw new TypeError('This file is the entry of a worker thread')
const data = workerData as DispatcherThreadData
const logger = createLogger({ level: data.logLevel, name: 'dispatcher' })
const registry = createRegistry({ thread: 'dispatcher' })
const tracing = await startTracing(data.env, 'sluice-dispatcher')
let schemas = loadSchemas({ schemas: [], sources: [] })
const logs = new SqliteEventLogs({ dataDir: data.dataDir, port: data.log })
const cursors = new SqliteCursors(join(data.dataDir, 'cursors.db'))
const deadLetters = new SqliteDeadLetters(join(data.dataDir, 'dead-letters.db'))
const client = new HttpSubscriberClient({ clock: systemClock, maxReplyBytes: data.maxEventBytes })
const dispatcher = new Dispatcher({
  logs,
  cursors,
  deadLetters,
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
  apply: (snapshot: Snapshot) => dispatcher.apply(snapshot),
  statuses: () => dispatcher.statuses(),
  fault: async () => dispatcher.fault,
  metrics: async () => {
    await dispatcher.measure()
    return registry.getMetricsAsJSON()
  },
  close: async () => {
    await dispatcher.close(data.graceMs)
    await client.close()
    await logs.close()
    await cursors.close()
    await deadLetters.close()
    await tracing?.close()
  },
})
