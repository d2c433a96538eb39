// Writes the generated pages of docs/. test/docs.test.ts fails when one is stale.
// Run: npm run docs
import { writeFileSync } from 'node:fs'
import { expectedValue } from '#config/expected-value.ts'
import { standaloneSchema } from '../services/standalone/config.ts'

/** The generated pages: file name, relative to the repository, and text. */
export const pages: ReadonlyMap<string, string> = new Map([
  ['docs/configuration.md', configurationPage()],
])

function configurationPage(): string {
  const rows = Object.entries(standaloneSchema.properties).map(([name, schema]) => {
    const { default: preset, description } = schema as { default?: unknown; description?: string }
    const shown = preset === undefined ? '' : `\`${preset}\``
    return `| \`${name}\` | ${shown} | ${expectedValue(schema)} | ${description} |`
  })
  return `<!-- Written by \`npm run docs\` from services/standalone/config.ts -->

# Configuration

\`npm start\` is configured by environment variables. All have a default that works on a laptop. A
variable that is set to nothing counts as not set. When some are wrong, the start fails with one
message that names all of them, what they are, and what is expected.

| Variable | Default | Takes | Meaning |
|---|---|---|---|
${rows.join('\n')}

## Traces

Traces are off, and cost nothing, unless OpenTelemetry's own variables ask for them:
\`OTEL_TRACES_EXPORTER\` (anything but \`none\`), \`OTEL_EXPORTER_OTLP_ENDPOINT\` or
\`OTEL_EXPORTER_OTLP_TRACES_ENDPOINT\`. \`OTEL_SDK_DISABLED=true\` turns them off in any case. The rest
of the specification's variables mean what they mean there, such as \`OTEL_SERVICE_NAME\`,
\`OTEL_RESOURCE_ATTRIBUTES\`, \`OTEL_TRACES_SAMPLER\` and \`OTEL_EXPORTER_OTLP_PROTOCOL\`. Metrics are
served at \`/metrics\` of administration, whatever OpenTelemetry's variables say.

What belongs to one Broker or Trigger, such as retention or the number of requests in flight, is an
annotation in its YAML: see [Brokers and Triggers](brokers-and-triggers.md).
`
}

if (import.meta.main) for (const [file, text] of pages) writeFileSync(file, text)
