import type { Registry } from 'prom-client'
import { type Administration, createAdministration } from '#administration/create-administration.ts'
import type { Environment } from '#config/read-config.ts'
import type { Health } from '#http/health.ts'
import type { EventLogs } from '#log/event-log.ts'
import { type BannerFacts, banner } from '#startup/banner.ts'
import { type Inputs, openInputs } from '#startup/open-inputs.ts'
import { runProcess, type StartOptions } from '#startup/run-process.ts'
import { SnapshotFeed } from '#startup/snapshot-feed.ts'
import type { Logger } from '#telemetry/logger.ts'
import { createRegistry, mergeMetrics } from '#telemetry/metrics.ts'
import { atMost } from '#time/at-most.ts'
import { systemClock } from '#time/system-clock.ts'
import { parseDuration } from '#triggers/parse-duration.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'
import { createGateway, type Gateway } from '../gateway/app.ts'
import { countSchemaWarnings } from '../gateway/count-schema-warnings.ts'
import { readStandaloneConfig, type StandaloneConfig } from './config.ts'
import { DispatcherClient } from './dispatcher-client.ts'
import { openEmbeddedStorage } from './open-embedded-storage.ts'
import { type SampleServices, startSampleServices } from './start-sample-services.ts'
import type { Storage } from './storage.ts'

/** Questions to the administration are short. */
const ADMIN_GRACE_MS = 500
/** How long the ingress waits for every Trigger to have its place in Kafka. */
const PLACING_MS = 20_000

type Options = StartOptions<StandaloneConfig>

/** Gateway, dispatcher, administration and samples in one process, until a signal comes. */
export async function runStandalone(env: Environment): Promise<void> {
  await runProcess(env, { readConfig: readStandaloneConfig, start })
}

/** What the administration tells about. */
interface Parts {
  readonly storage: Storage
  readonly triggers: TriggerSource
  readonly dispatcher: DispatcherClient
  readonly feed: SnapshotFeed
  readonly gateway: Gateway
  readonly registry: Registry
}

/**
 * Resolves when events are accepted and every Ready Trigger has its place in the log, or when Kafka
 * does not answer.
 * @throws Error that says what to do: a taken port, a data folder in use, a faulty schema
 */
async function start(options: Options, opened: AsyncDisposableStack) {
  const { config, logger } = options
  const graceMs = parseDuration(config.GRACE_PERIOD)
  // Deferred in the order of the end, last one first: the ingress closes before the dispatcher,
  // the dispatcher before the samples that it delivers to, and the log after all who write to it.
  const storage = await openStorage(config, logger, opened)
  let samples: SampleServices | undefined
  opened.defer(() => samples?.close())
  const dispatcher = startDispatcher(options, storage, graceMs)
  opened.defer(() => dispatcher.close())
  const registry = createRegistry({ thread: 'gateway' })
  const onWarning = countSchemaWarnings(registry)
  const inputs = await openInputs(options, { traceAs: 'sluice-gateway', onWarning }, opened)
  const { triggers } = inputs
  triggers.onChange(({ brokers }) => storage.apply(brokers))
  storage.apply(triggers.snapshot().brokers)
  const feed = await follow(dispatcher, storage, inputs, logger)
  opened.defer(() => feed.stop())

  const gateway = createGateway({
    ...inputs,
    storage: storage.kind,
    logs: storage.kind === 'own' ? storage.logs : openedAfter(feed.started, storage.logs),
    registry,
    logger,
    clock: systemClock,
    limits: { maxEventBytes: config.MAX_EVENT_BYTES, maxBatchEvents: config.MAX_BATCH_EVENTS },
    host: config.HOST,
    port: config.PORT,
  })
  const parts = { storage, triggers, dispatcher, feed, gateway, registry }
  const administration = openAdministration(options, parts)
  opened.defer(() => gateway.stop(graceMs))
  const ingressUrl = await gateway.start()
  opened.defer(() => administration.stop(ADMIN_GRACE_MS))
  const adminUrl = await administration.start()
  samples = await startSampleServices(config, ingressUrl, triggers.snapshot(), (error) => {
    logger.error({ err: error }, 'The sample services are not running; SAMPLES=off leaves them out')
  })
  return { banner: await bannerOf(parts, { ingressUrl, adminUrl, samples: samples.urls }) }
}

async function openStorage(
  config: StandaloneConfig,
  logger: Logger,
  opened: AsyncDisposableStack,
): Promise<Storage> {
  if (config.PROFILE === 'embedded') return openEmbeddedStorage(config, logger, opened)
  // Loaded only where it is used: kafkajs takes its time.
  const { openKafkaStorage } = await import('./open-kafka-storage.ts')
  return await openKafkaStorage(config, logger, opened)
}

function startDispatcher(
  { config, env, died }: Options,
  storage: Storage,
  graceMs: number,
): DispatcherClient {
  const data = {
    storage: storage.forDispatcher,
    maxEventBytes: config.MAX_EVENT_BYTES,
    graceMs,
    logLevel: config.LOG_LEVEL,
    env: { ...env },
  }
  return new DispatcherClient(data, died)
}

/** Hands schemas and Triggers to the dispatcher, now and whenever they change. */
async function follow(
  dispatcher: DispatcherClient,
  storage: Storage,
  { schemas, triggers }: Pick<Inputs, 'schemas' | 'triggers'>,
  logger: Logger,
): Promise<SnapshotFeed> {
  const failed = (error: unknown) => logger.error({ err: error }, 'The dispatcher took no change')
  schemas.onChange((compiled) => void dispatcher.schemas(compiled).catch(failed))
  await dispatcher.schemas(schemas.compiled())
  const clock = systemClock
  const insists = storage.kind === 'shared'
  const feed = new SnapshotFeed(dispatcher, { triggers, clock, logger, insists })
  const placed = feed.start()
  if (insists) placed.catch(failed)
  else await placed
  return feed
}

/**
 * The same logs, which wait for a Trigger's first place to be the end of the log before the first
 * event. Not for ever: it may be another Broker's Kafka that does not answer.
 */
function openedAfter(placed: Promise<void>, logs: EventLogs): Pick<EventLogs, 'open'> {
  return {
    open: async (broker, retention) => {
      await atMost(PLACING_MS, placed, systemClock)
      return await logs.open(broker, retention)
    },
  }
}

function openAdministration({ config, logger }: Options, parts: Parts): Administration {
  const { storage, triggers, dispatcher, registry } = parts
  return createAdministration({
    triggers: { statuses: () => dispatcher.statuses(), snapshot: () => triggers.snapshot() },
    deadLetters: storage.deadLetters,
    metrics: async () =>
      mergeMetrics([await registry.getMetricsAsJSON(), await dispatcher.metrics()]),
    readiness: () => healthOf(parts),
    logger,
    clock: systemClock,
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    token: config.ADMIN_TOKEN,
  })
}

/** The gateway's health and the dispatcher's: what is wrong with shared storage is only shown. */
function healthOf({ storage, gateway, dispatcher, feed }: Parts): Health {
  const health = gateway.health()
  const fault = dispatcher.fault === undefined ? [] : [dispatcher.fault]
  if (storage.kind === 'own') return { ...health, faults: [...health.faults, ...fault] }
  const isStarting = health.state === 'ready' && !feed.hasStarted
  const warnings = [...(health.warnings ?? []), ...fault]
  return { ...health, state: isStarting ? 'starting' : health.state, warnings }
}

async function bannerOf(
  parts: Parts,
  where: Pick<BannerFacts, 'ingressUrl' | 'adminUrl' | 'samples'>,
): Promise<string> {
  const { storage, triggers, dispatcher } = parts
  const { keptIn } = storage
  const snapshot = triggers.snapshot()
  const statuses = await dispatcher.statuses().catch(() => [])
  const places = storage.places(snapshot)
  const health = healthOf(parts)
  return banner({ name: 'Sluice', health, keptIn, ...where, snapshot, statuses, places })
}
