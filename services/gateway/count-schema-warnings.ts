import { Counter, type Registry } from 'prom-client'

/**
 * Counts the events that passed only because their Broker says `sluice.dev/schemas: warn`; made to
 * be the schema gate's `onWarning`. Types without a schema of their own count as `other`, so that
 * senders cannot make up labels.
 */
export function countSchemaWarnings(registry: Registry): (type: string | undefined) => void {
  const warnings = new Counter({
    name: 'sluice_schema_warnings_total',
    help: 'Events that do not match their schema and were accepted with a warning',
    labelNames: ['type'],
    registers: [registry],
  })
  return (type) => warnings.inc({ type: type ?? 'other' })
}
