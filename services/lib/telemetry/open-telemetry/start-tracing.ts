import type { Tracing } from '../tracing.ts'

/**
 * Begins to record spans, if OpenTelemetry's environment variables ask for it: an exporter
 * (`OTEL_TRACES_EXPORTER`) or an OTLP endpoint is named, and `OTEL_SDK_DISABLED` is not `true`.
 * Sampler, exporter, batching and limits follow those variables too, as the SDK reads them from the
 * environment of the process. Once per thread. Without them, nothing of OpenTelemetry is loaded.
 *
 * @param name the service's name, unless the environment names it
 * @returns `undefined` where spans are not asked for
 */
export async function startTracing(
  env: Readonly<Record<string, string | undefined>>,
  name: string,
): Promise<Tracing | undefined> {
  if (!isAskedFor(env)) return undefined
  const isNamed =
    env['OTEL_SERVICE_NAME'] !== undefined ||
    (env['OTEL_RESOURCE_ATTRIBUTES'] ?? '').includes('service.name=')
  const { OpenTelemetryTracing } = await import('./open-telemetry-tracing.ts')
  return new OpenTelemetryTracing(isNamed ? undefined : name)
}

function isAskedFor(env: Readonly<Record<string, string | undefined>>): boolean {
  if (env['OTEL_SDK_DISABLED']?.trim().toLowerCase() === 'true') return false
  const exporter = env['OTEL_TRACES_EXPORTER']?.trim() ?? ''
  if (exporter !== '') return exporter !== 'none'
  const endpoint =
    env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] ?? env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? ''
  return endpoint.trim() !== ''
}
