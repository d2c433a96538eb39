import { lineOfSyntaxError, lineOfText } from './line-of.ts'
import type { SchemaFault, SchemaFile } from './schema-file.ts'
import { schemaId } from './schema-id.ts'

/** The drafts of JSON Schema that are understood. */
export type Draft = '2020-12' | '07'

/** A schema file whose JSON, `$id` and `$schema` are sound. */
export interface ParsedSchema {
  readonly file: SchemaFile
  readonly draft: Draft
  /** Its `$id`, as `schemaId` writes it. */
  readonly id: string
  readonly schema: { readonly [keyword: string]: unknown }
}

const DRAFT_OF = new Map<unknown, Draft>([
  [undefined, '2020-12'],
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
  ['http://json-schema.org/draft-07/schema', '07'],
])

/** Reads one file's JSON, `$id` (an absolute URI) and `$schema`; the first fault, if there is one. */
export function parseSchemaFile(file: SchemaFile): ParsedSchema | SchemaFault {
  const fault = (line: number, reason: string): SchemaFault => ({ file: file.file, line, reason })
  let schema: unknown
  try {
    schema = JSON.parse(file.text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return fault(lineOfSyntaxError(file.text, message), `not valid JSON: ${message}`)
  }
  if (!isObject(schema)) return fault(1, 'a schema here is a JSON object with an "$id"')
  const { $id, $schema } = schema
  if (typeof $id !== 'string') return fault(1, '"$id" is missing; it is the URI that events name')
  const id = schemaId($id)
  if (!URL.canParse(id) || id.includes('#')) {
    return fault(lineOfText(file.text, '"$id"'), `$id "${$id}" is not an absolute URI`)
  }
  const draft = DRAFT_OF.get(typeof $schema === 'string' ? schemaId($schema) : $schema)
  if (draft === undefined) {
    const known = [...DRAFT_OF.keys()].filter(Boolean).join(' or ')
    return fault(lineOfText(file.text, '"$schema"'), `$schema must be ${known}`)
  }
  return { file, draft, id, schema }
}

function isObject(value: unknown): value is { readonly [keyword: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
