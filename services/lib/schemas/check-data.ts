import { isUtf8 } from 'node:buffer'
import type { CloudEvent } from '#events/event.ts'
import { isJsonType } from '#events/is-json-type.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { Violation } from '#problems/problem.ts'

import type { LoadedSchema, Validate } from './load-schemas.ts'
import { bounded, schemaViolation } from './schema-violation.ts'

/** How many violations one event is answered with. */
export const MAX_VIOLATIONS = 10

/** Above this many bytes of data only the first violation is looked for: finding all may take as many steps as there are values. */
const MAX_BYTES_FOR_ALL = 64 * 1024

const NONE: readonly Violation[] = []

/**
 * What is wrong with the event's data by `schema`: the first ten violations (only the first, where
 * the data is large), none when it matches. Data must be there, be declared as JSON by its
 * `datacontenttype`, and be JSON: UTF-8 without a byte order mark (RFC 8259, section 8.1).
 */
export function checkData(event: CloudEvent, schema: LoadedSchema): readonly Violation[] {
  const { data } = event
  if (data === undefined) {
    return [
      { rule: 'data', at: '/data', detail: `no data, but ${bounded(schema.id)} describes it` },
    ]
  }
  const mediaType = stringAttribute(event, 'datacontenttype')
  if (mediaType === undefined || !isJsonType(mediaType)) {
    const detail = `is ${mediaType ?? 'absent'}; the schema wants JSON, such as application/json`
    return [{ rule: 'datacontenttype', at: '/datacontenttype', detail: bounded(detail) }]
  }
  let value: unknown
  try {
    value = parseJson(data)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return [{ rule: 'json', at: '/data', detail: bounded(`not valid JSON: ${reason}`) }]
  }
  return validate(value, schema, data.length)
}

function parseJson(data: Uint8Array): unknown {
  if (!isUtf8(data)) throw new SyntaxError('it is not UTF-8')
  return JSON.parse(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('utf8'))
}

function validate(value: unknown, schema: LoadedSchema, bytes: number): readonly Violation[] {
  try {
    if (schema.first(value)) return NONE
    if (bytes > MAX_BYTES_FOR_ALL) return violations(schema.first)
    schema.all(value)
    return violations(schema.all)
  } catch (error) {
    // A recursive schema follows the data's nesting on the stack.
    if (!(error instanceof RangeError)) throw error
    return [{ rule: 'depth', at: '/data', detail: 'nested too deeply to be checked' }]
  }
}

function violations(validator: Validate): readonly Violation[] {
  const errors = validator.errors ?? []
  validator.errors = null
  return errors.slice(0, MAX_VIOLATIONS).map(schemaViolation)
}
