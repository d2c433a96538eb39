import type { Registry } from 'prom-client'
import { createAdministration } from '#administration/create-administration.ts'
import type { Environment } from '#config/read-config.ts'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import type { Health } from '#http/health.ts'
import { banner } from '#startup/banner.ts'
import { kafkaOptions } from '#startup/kafka-options.ts'
import { openInputs } from '#startup/open-inputs.ts'
import { openKafkaDispatcherStorage } from '#startup/open-kafka-dispatcher-storage.ts'
import { runProcess, type StartOptions } from '#startup/run-process.ts'
import { SnapshotFeed, type SnapshotTaker } from '#startup/snapshot-feed.ts'
import { createRegistry } from '#telemetry/metrics.ts'
import { atMost } from '#time/at-most.ts'
import { systemClock } from '#time/system-clock.ts'
import { parseDuration } from '#triggers/parse-duration.ts'
import { type DispatcherConfig, readDispatcherConfig } from './config.ts'
import { Dispatcher } from './dispatcher.ts'

/** Questions to the administration are short. */
const ADMIN_GRACE_MS = 500
/**
 * How long a start waits for Kafka before it goes on without; three seconds is what Kafka takes by
 * default to let the first member of a group begin.
 */
const PATIENCE_MS = 8000
/** For saving what has ended by then, beyond the grace period. */
const SAVE_MS = 5000

/** Whoever asks for the metrics has the gauges' last values where a log does not answer. */
const MEASURE_MS = 1000

/** A dispatcher of which any number may run, with its administration, until a signal comes. */
export async function runDispatcher(env: Environment): Promise<void> {
  await runProcess(env, { readConfig: readDispatcherConfig, start })
}

async function start(options: StartOptions<DispatcherConfig>, opened: AsyncDisposableStack) {
  const { config, logger } = options
  const clock = systemClock
  const graceMs = parseDuration(config.GRACE_PERIOD)
  const registry = createRegistry({ thread: 'dispatcher' })
  const { dispatcher, taker, deadLetters, triggers } = await open(options, registry, opened)
  const feed = new SnapshotFeed(taker, { triggers, clock, logger, insists: true })
  let isStopping = false
  const health = (): Health => ({
    state: isStopping ? 'stopping' : feed.hasStarted ? 'ready' : 'starting',
    faults: [],
    warnings: dispatcher.fault === undefined ? [] : [dispatcher.fault],
  })
  const administration = createAdministration({
    triggers: { statuses: () => dispatcher.statuses(), snapshot: () => triggers.snapshot() },
    deadLetters,
    metrics: async () => {
      await atMost(MEASURE_MS, dispatcher.measure(), clock)
      return await registry.metrics()
    },
    readiness: health,
    logger,
    clock,
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    token: config.ADMIN_TOKEN,
  })
  // Deferred in the order of the end, last one first: it answers while the deliveries end.
  opened.defer(() => administration.stop(ADMIN_GRACE_MS))
  const adminUrl = await administration.start()
  opened.defer(async () => {
    isStopping = true
    feed.stop()
    await atMost(graceMs + SAVE_MS, dispatcher.close(graceMs), clock)
  })
  await atMost(PATIENCE_MS, feed.start(), clock)
  const snapshot = triggers.snapshot()
  return {
    banner: banner({
      name: "Sluice's dispatcher",
      health: health(),
      keptIn: 'Kafka',
      adminUrl,
      snapshot,
    }),
  }
}

/** The dispatcher, and what it stands on. */
async function open(
  options: StartOptions<DispatcherConfig>,
  registry: Registry,
  opened: AsyncDisposableStack,
) {
  const { config, logger } = options
  const storage = await openKafkaDispatcherStorage(kafkaOptions(config), logger, opened)
  const inputs = await openInputs(options, { traceAs: 'sluice-dispatcher' }, opened)
  const clock = systemClock
  const client = new HttpSubscriberClient({ clock, maxReplyBytes: config.MAX_EVENT_BYTES })
  opened.defer(() => client.close())
  const graceMs = parseDuration(config.GRACE_PERIOD)
  const parts = { ...storage, ...inputs, client, registry, logger, clock, graceMs }
  const dispatcher = new Dispatcher(parts)
  const taker: SnapshotTaker = {
    apply: (snapshot) => {
      storage.apply(snapshot.brokers)
      return dispatcher.apply(snapshot)
    },
    get fault() {
      return dispatcher.fault
    },
  }
  return { dispatcher, taker, deadLetters: storage.deadLetters, triggers: inputs.triggers }
}
