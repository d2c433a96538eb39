import type { Environment } from '#config/read-config.ts'
import type { OnWarning } from '#schemas/create-schema-gate.ts'
import { type OpenSchemas, openSchemas } from '#schemas/open-schemas.ts'
import type { Logger } from '#telemetry/logger.ts'
import { startTracing } from '#telemetry/open-telemetry/start-tracing.ts'
import type { Tracing } from '#telemetry/tracing.ts'
import { systemClock } from '#time/system-clock.ts'
import { openFileTriggerSource } from '#triggers/files/file-trigger-source.ts'
import type { TriggerSource } from '#triggers/trigger-source.ts'
import { requireServers } from './require-servers.ts'

interface InputConfig {
  readonly PROFILE: 'embedded' | 'kafka'
  readonly KAFKA_BROKERS?: string
  readonly EVENTING_DIR: string
  readonly SCHEMAS_DIR: string
  readonly SERVICES_FILE: string
}

/** What events are checked with, routed by and traced with. */
export interface Inputs {
  readonly schemas: OpenSchemas
  readonly triggers: TriggerSource
  readonly tracing: Tracing | undefined
}

/**
 * Opens what a process is told by files and by OpenTelemetry's variables.
 * @throws Error with every fault of the schemas, or of YAML that cannot be read
 */
export async function openInputs(
  {
    config,
    env,
    logger,
  }: { readonly config: InputConfig; readonly env: Environment; readonly logger: Logger },
  { traceAs, onWarning }: { readonly traceAs: string; readonly onWarning?: OnWarning },
  opened: AsyncDisposableStack,
): Promise<Inputs> {
  const [schemas, triggers, tracing] = await Promise.all([
    openSchemas({
      schemasDir: config.SCHEMAS_DIR,
      logger,
      ...(onWarning === undefined ? {} : { onWarning }),
    }),
    openFileTriggerSource({
      eventingDir: config.EVENTING_DIR,
      servicesFile: config.SERVICES_FILE,
      profile: config.PROFILE,
      clock: systemClock,
      logger,
    }),
    startTracing(env, traceAs),
  ])
  opened.defer(() => tracing?.close())
  opened.defer(() => schemas.close())
  opened.defer(() => triggers.close())
  const isSomewhere = config.PROFILE === 'embedded' || config.KAFKA_BROKERS !== undefined
  return { schemas, tracing, triggers: isSomewhere ? triggers : requireServers(triggers, logger) }
}
