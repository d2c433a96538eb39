import { join } from 'node:path'
import type { Registry } from 'prom-client'
import { SqliteDeadLetterReader } from '#dead-letters/sqlite/sqlite-dead-letter-reader.ts'
import { lockDataDir } from '#log/sqlite/data-lock.ts'
import { startLogWriter } from '#log/sqlite/log-writer.ts'
import { SqliteEventLogs } from '#log/sqlite/sqlite-event-logs.ts'
import { type OpenSchemas, openSchemas } from '#schemas/open-schemas.ts'
import type { Logger } from '#telemetry/logger.ts'
import { createRegistry, mergeMetrics } from '#telemetry/metrics.ts'
import { startTracing } from '#telemetry/open-telemetry/start-tracing.ts'
import { systemClock } from '#time/system-clock.ts'
import { openFileTriggerSource } from '#triggers/files/file-trigger-source.ts'
import { parseDuration } from '#triggers/parse-duration.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'
import { type Administration, createAdministration } from '../administration/app.ts'
import { createGateway, type Gateway } from '../gateway/app.ts'
import { countSchemaWarnings } from '../gateway/count-schema-warnings.ts'
import { banner } from './banner.ts'
import type { StandaloneConfig } from './config.ts'
import { DispatcherClient } from './dispatcher-client.ts'
import { type SampleServices, startSampleServices } from './start-sample-services.ts'

/** Questions to the administration are short. */
const ADMIN_GRACE_MS = 500

/** Everything that `npm start` runs, while it runs. */
export interface Standalone {
  /** What to print for the user. */
  readonly banner: string
  /** Stops accepting, lets what is in flight end within the grace period, and saves the cursors. */
  close(): Promise<void>
}

export interface StandaloneOptions {
  readonly config: StandaloneConfig
  /** For OpenTelemetry's own variables. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  /** Called when a thread has died: the process had better end. */
  died(error: unknown): void
}

/**
 * Starts gateway, dispatcher and administration in one process, on SQLite. Resolves when events
 * are accepted and every Ready Trigger has its place in the log.
 * @throws Error that says what to do: a taken port, a data folder in use, a faulty schema
 */
export async function startStandalone(options: StandaloneOptions): Promise<Standalone> {
  const opened = new AsyncDisposableStack()
  try {
    return await start(options, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function start(
  options: StandaloneOptions,
  opened: AsyncDisposableStack,
): Promise<Standalone> {
  const { config, env, logger, died } = options
  const dataDir = config.DATA_DIR
  const graceMs = parseDuration(config.GRACE_PERIOD)
  const limits = {
    maxEventBytes: config.MAX_EVENT_BYTES,
    maxBatchEvents: config.MAX_BATCH_EVENTS,
  }
  // Deferred in the order of the end, last one first: the ingress closes before the dispatcher,
  // the dispatcher before the samples that it delivers to, and the log after all who write to it.
  const lock = lockDataDir(dataDir)
  opened.defer(() => lock.release())
  const writer = startLogWriter({ dataDir })
  opened.defer(() => writer.close())
  const onFault = (broker: string, fault: string | undefined) => {
    if (fault === undefined) logger.info({ broker }, 'The event log can be used again')
    else logger.error({ broker, fault }, 'The event log has a fault')
  }
  const logs = new SqliteEventLogs({ dataDir, port: writer.connect(), onFault })
  opened.defer(() => logs.close())
  let samples: SampleServices | undefined
  opened.defer(() => samples?.close())
  const dispatcher = new DispatcherClient(
    {
      dataDir,
      graceMs,
      maxEventBytes: limits.maxEventBytes,
      logLevel: config.LOG_LEVEL,
      env: { ...env },
      log: writer.connect(),
    },
    died,
  )
  opened.defer(() => dispatcher.close())
  const registry = createRegistry({ thread: 'gateway' })
  const { schemas, triggers, tracing } = await openInputs(options, registry, opened)
  await follow(dispatcher, schemas, triggers, logger)

  const { HOST: host, PORT: port } = config
  const parts = { logs, triggers, schemas, tracing, registry, logger, limits, host, port }
  const gateway = createGateway({ ...parts, clock: systemClock })
  opened.defer(() => gateway.stop(graceMs))
  const ingressUrl = await gateway.start()
  const administration = openAdministration(options, dispatcher, triggers, gateway, registry)
  opened.defer(() => administration.stop(ADMIN_GRACE_MS))
  const adminUrl = await administration.start()
  const snapshot = triggers.snapshot()
  samples = await startSampleServices(config, ingressUrl, snapshot, (error) => {
    logger.error({ err: error }, 'The sample services are not running; SAMPLES=off leaves them out')
  })
  const statuses = await dispatcher.statuses()
  return {
    banner: banner({ ingressUrl, adminUrl, dataDir, snapshot, statuses, samples: samples.urls }),
    close: () => opened.disposeAsync(),
  }
}

/** Opens what events are checked with and routed by. */
async function openInputs(
  { config, env, logger }: StandaloneOptions,
  registry: Registry,
  opened: AsyncDisposableStack,
) {
  const [schemas, triggers, tracing] = await Promise.all([
    openSchemas({
      schemasDir: config.SCHEMAS_DIR,
      logger,
      onWarning: countSchemaWarnings(registry),
    }),
    openFileTriggerSource({
      eventingDir: config.EVENTING_DIR,
      servicesFile: config.SERVICES_FILE,
      clock: systemClock,
      logger,
    }),
    startTracing(env, 'sluice-gateway'),
  ])
  opened.defer(() => tracing?.close())
  opened.defer(() => schemas.close())
  opened.defer(() => triggers.close())
  return { schemas, triggers, tracing }
}

/** Hands schemas and Triggers to the dispatcher, now and whenever they change. */
async function follow(
  dispatcher: DispatcherClient,
  schemas: OpenSchemas,
  triggers: TriggerSource,
  logger: Logger,
): Promise<void> {
  const failed = (error: unknown) => logger.error({ err: error }, 'The dispatcher took no change')
  schemas.onChange((compiled) => void dispatcher.schemas(compiled).catch(failed))
  triggers.onChange((snapshot) => void dispatcher.apply(snapshot).catch(failed))
  await dispatcher.schemas(schemas.compiled())
  await dispatcher.apply(triggers.snapshot())
}

function openAdministration(
  { config, logger }: StandaloneOptions,
  dispatcher: DispatcherClient,
  triggers: TriggerSource,
  gateway: Gateway,
  registry: Registry,
): Administration {
  return createAdministration({
    statuses: () => dispatcher.statuses(),
    snapshot: () => triggers.snapshot(),
    deadLetters: new SqliteDeadLetterReader(join(config.DATA_DIR, 'dead-letters.db')),
    metrics: async () =>
      mergeMetrics([await registry.getMetricsAsJSON(), await dispatcher.metrics()]),
    readiness: () => {
      const health = gateway.health()
      const faults = [
        ...health.faults,
        ...(dispatcher.fault === undefined ? [] : [dispatcher.fault]),
      ]
      return { ...health, faults }
    },
    logger,
    clock: systemClock,
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    token: config.ADMIN_TOKEN,
  })
}
