import { readFile } from 'node:fs/promises'
import { readServices } from '#triggers/files/read-services.ts'
import type { Snapshot } from '#triggers/trigger.ts'
import type { StandaloneConfig } from './config.ts'
import { SamplesClient } from './samples-client.ts'

/** The sample services while they run. */
export interface SampleServices {
  /** Their names with their URLs. */
  readonly urls: ReadonlyMap<string, string>
  close(): Promise<void>
}

/**
 * Begins to start the sample services at their addresses in SERVICES_FILE; `todo` publishes to the
 * first Broker. `failed` is called when they cannot listen: everything else goes on without them.
 */
export async function startSampleServices(
  config: StandaloneConfig,
  ingressUrl: string,
  snapshot: Snapshot,
  failed: (error: unknown) => void,
): Promise<SampleServices> {
  const broker = snapshot.brokers.find((each) => each.readiness.ready)
  const none: SampleServices = { urls: new Map(), close: async () => undefined }
  if (config.SAMPLES === 'off' || broker === undefined) return none
  const file = config.SERVICES_FILE
  const text = await readFile(file, 'utf8').catch(() => '')
  const urls = readServices(file, text)
  const samples = new SamplesClient(
    {
      urls: Object.fromEntries(urls),
      sink: `${ingressUrl}/${broker.key}`,
      logLevel: config.LOG_LEVEL,
    },
    failed,
  )
  samples.started().catch(failed)
  return { urls, close: () => samples.close() }
}
