import { createAdministration } from '#administration/create-administration.ts'
import type { Environment } from '#config/read-config.ts'
import { banner } from '#startup/banner.ts'
import { kafkaOptions } from '#startup/kafka-options.ts'
import { kafkaPlaces } from '#startup/kafka-places.ts'
import { openInputs } from '#startup/open-inputs.ts'
import { openKafkaLogs } from '#startup/open-kafka-logs.ts'
import { runProcess, type StartOptions } from '#startup/run-process.ts'
import { createRegistry } from '#telemetry/metrics.ts'
import { systemClock } from '#time/system-clock.ts'
import { parseDuration } from '#triggers/parse-duration.ts'
import { createGateway } from './app.ts'
import { type GatewayConfig, readGatewayConfig } from './config.ts'
import { countSchemaWarnings } from './count-schema-warnings.ts'

/** Questions to the administration are short. */
const ADMIN_GRACE_MS = 500

/** A gateway of which any number may run, with its administration, until a signal comes. */
export async function runGateway(env: Environment): Promise<void> {
  await runProcess(env, { readConfig: readGatewayConfig, start })
}

async function start(options: StartOptions<GatewayConfig>, opened: AsyncDisposableStack) {
  const { config, logger } = options
  const clock = systemClock
  const graceMs = parseDuration(config.GRACE_PERIOD)
  const clientId = 'sluice-gateway'
  const { clusters, logs } = openKafkaLogs(kafkaOptions(config), { clientId, logger }, opened)
  const registry = createRegistry({ thread: 'gateway' })
  const onWarning = countSchemaWarnings(registry)
  const inputs = await openInputs(options, { traceAs: clientId, onWarning }, opened)
  const { triggers } = inputs
  triggers.onChange(({ brokers }) => clusters.apply(brokers))
  clusters.apply(triggers.snapshot().brokers)
  const gateway = createGateway({
    ...inputs,
    storage: 'shared',
    logs,
    registry,
    logger,
    clock,
    limits: { maxEventBytes: config.MAX_EVENT_BYTES, maxBatchEvents: config.MAX_BATCH_EVENTS },
    host: config.HOST,
    port: config.PORT,
  })
  const administration = createAdministration({
    metrics: () => registry.metrics(),
    readiness: gateway.health,
    logger,
    clock,
    host: config.ADMIN_HOST,
    port: config.ADMIN_PORT,
    token: config.ADMIN_TOKEN,
  })
  // Deferred in the order of the end, last one first: it answers while the requests end.
  opened.defer(() => administration.stop(ADMIN_GRACE_MS))
  const adminUrl = await administration.start()
  opened.defer(() => gateway.stop(graceMs))
  const ingressUrl = await gateway.start()
  const snapshot = triggers.snapshot()
  const places = kafkaPlaces(clusters, snapshot)
  const health = gateway.health()
  return {
    banner: banner({
      name: "Sluice's gateway",
      health,
      keptIn: 'Kafka',
      ingressUrl,
      adminUrl,
      snapshot,
      places,
    }),
  }
}
