import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { Violation } from '#problems/problem.ts'
import { checkData } from './check-data.ts'
import type { LoadedSchemas } from './load-schemas.ts'
import type { SchemaGate } from './schema-gate.ts'
import { schemaId } from './schema-id.ts'
import { bounded } from './schema-violation.ts'

/**
 * Hears of each event that passed only because its Broker says `sluice.dev/schemas: warn`. `type`
 * is the event's type where a schema of that type exists, else `undefined`: the set of names is
 * as small as that of the schemas.
 */
export type OnWarning = (type: string | undefined, violations: readonly Violation[]) => void

const NONE: readonly Violation[] = []

/** A gate over the schemas that `current` returns at the moment of each check. */
export function createSchemaGate(current: () => LoadedSchemas, onWarning: OnWarning): SchemaGate {
  return {
    check(event, broker) {
      if (broker.schemas === 'off') return NONE
      const schemas = current()
      const type = stringAttribute(event, 'type') ?? ''
      const violations = violationsOf(event, type, schemas, broker.unknownTypes)
      if (violations.length === 0 || broker.schemas === 'enforce') return violations
      onWarning(schemas.newest.has(type) ? type : undefined, violations)
      return NONE
    },
  }
}

function violationsOf(
  event: CloudEvent,
  type: string,
  { byId, newest }: LoadedSchemas,
  unknownTypes: 'accept' | 'reject',
): readonly Violation[] {
  const dataschema = stringAttribute(event, 'dataschema')
  const named = dataschema === undefined ? undefined : byId.get(schemaId(dataschema))
  if (named && named.type !== type) {
    const detail = bounded(`${named.id} describes ${named.type}, not this event's type`)
    return [{ rule: 'dataschema', at: '/dataschema', detail }]
  }
  const schema = named ?? newest.get(type)
  if (schema) return checkData(event, schema)
  if (unknownTypes === 'accept') return NONE
  const detail = bounded(`no schema describes ${type}, and this Broker takes no unknown types`)
  return [{ rule: 'type', at: '/type', detail }]
}
