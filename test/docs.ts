// Writes the generated pages of docs/. test/docs.test.ts fails when one is stale.
// Run: npm run docs
import { writeFileSync } from 'node:fs'
import { expectedValue } from '#config/expected-value.ts'
import { settings } from '#config/settings.ts'
import { dispatcherSchema } from '../services/dispatcher/config.ts'
import { gatewaySchema } from '../services/gateway/config.ts'
import { standaloneSchema } from '../services/standalone/config.ts'

const PROCESSES = [
  ['start', standaloneSchema],
  ['gateway', gatewaySchema],
  ['dispatcher', dispatcherSchema],
] as const

/** The generated pages: file name, relative to the repository, and text. */
export const pages: ReadonlyMap<string, string> = new Map([
  ['docs/configuration.md', configurationPage()],
])

function readBy(name: string): string {
  const readers = PROCESSES.filter(([, { properties }]) => name in properties)
  return readers.length === PROCESSES.length
    ? 'all'
    : readers.map(([process]) => process).join(', ')
}

function configurationPage(): string {
  const rows = Object.entries(settings).map(([name, schema]) => {
    const { default: preset, description } = schema as { default?: unknown; description?: string }
    const shown = preset === undefined ? '' : `\`${preset}\``
    const cells = [`\`${name}\``, shown, expectedValue(schema), readBy(name), description]
    return `| ${cells.join(' | ')} |`
  })
  return `<!-- Written by \`npm run docs\` from services/lib/config/settings.ts -->

# Configuration

Sluice is configured by environment variables. All have a default that works on a laptop. A
variable that is set to nothing counts as not set, and one that a process does not read is ignored.
When some are wrong, the start fails with one message that names all of them, what they are, and
what is expected.

| Process | What it is |
|---|---|
| \`npm start\` | Gateway, dispatcher, administration and samples in one process, with either profile. |
| \`npm run start:gateway\` | A gateway with its administration (metrics and health). Any number of them; \`PROFILE=kafka\` only. |
| \`npm run start:dispatcher\` | A dispatcher with its administration. Any number of them, which share the partitions of each Broker; \`PROFILE=kafka\` only. |

With \`PROFILE=embedded\` the files of \`DATA_DIR\` belong to one process, so there are no others that
could share its events. With \`PROFILE=kafka\` nothing is kept on disk; dead letters are looked up in a
temporary file of each process that shows them.

| Variable | Default | Takes | Read by | Meaning |
|---|---|---|---|---|
${rows.join('\n')}

## Readiness

\`/readyz\`, on the ports of ingress and administration, answers 503 while a process starts or stops.
With \`PROFILE=embedded\` it also does while the disk has a fault. With \`PROFILE=kafka\` a process is
starting until the logs of all Ready Brokers could be opened once; a Kafka that is lost later is only
named in the body, as each Broker's address answers 503 with \`Retry-After\` itself. No process ends
because Kafka does not answer.

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
