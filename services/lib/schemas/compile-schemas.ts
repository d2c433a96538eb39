import { isDeepStrictEqual } from 'node:util'
import { Ajv, type Options } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import standalone from 'ajv/dist/standalone/index.js'
import formats from 'ajv-formats'
import type { CompiledSchema, CompiledSchemas } from './compiled-schemas.ts'
import { lineOfPointer, lineOfText } from './line-of.ts'
import { type Draft, type ParsedSchema, parseSchemaFile } from './parse-schema-file.ts'
import type { SchemaFault, SchemaFile } from './schema-file.ts'
import { schemaId } from './schema-id.ts'

const OPTIONS: Options = {
  strict: true,
  // `anyOf: [{ required: […] }, …]` is a common way to say "one of these".
  strictRequired: false,
  allowUnionTypes: true,
  // Else a property that is named `constructor` is found on every object.
  ownProperties: true,
  // Done by hand, once and with the place of each error.
  validateSchema: false,
  logger: false,
  code: { source: true, esm: false },
}

const DRAFTS: readonly Draft[] = ['2020-12', '07']

/**
 * Compiles schema files into source code, draft by draft. Blocks for tens of milliseconds: it runs
 * in a worker thread. A `$ref` reaches the files of the same draft by their `$id`; nothing is
 * fetched. Schemas are trusted like code: a pattern that backtracks is not found out here.
 * @returns the sources, or every fault that was found.
 */
export function compileSchemas(files: readonly SchemaFile[]): CompiledSchemas | SchemaFault[] {
  const faults: SchemaFault[] = []
  const parsed: ParsedSchema[] = []
  const fileOfId = new Map<string, string>()
  for (const file of files) {
    const schema = parseSchemaFile(file)
    if ('reason' in schema) faults.push(schema)
    else if (fileOfId.has(schema.id)) faults.push(repeatedId(schema, fileOfId.get(schema.id) ?? ''))
    else {
      fileOfId.set(schema.id, file.file)
      parsed.push(schema)
    }
  }
  const sources = DRAFTS.flatMap((draft) => {
    const members = parsed.filter((schema) => schema.draft === draft)
    return members.length === 0 ? [] : compileDraft(draft, members, parsed, faults)
  })
  return faults.length > 0 ? faults : { schemas: parsed.map(asCompiled), sources }
}

/** The module with `first<i>` and the one with `all<i>`; what is wrong is added to `faults`. */
function compileDraft(
  draft: Draft,
  members: readonly ParsedSchema[],
  parsed: readonly ParsedSchema[],
  faults: SchemaFault[],
): string[] {
  const first = createAjv(draft, false)
  const sound = members.filter((schema) => {
    const fault = invalidSchema(first, schema)
    if (fault) faults.push(fault)
    else first.addSchema(schema.schema)
    return fault === undefined
  })
  for (const schema of sound) {
    try {
      first.getSchema(schema.id)
    } catch (error) {
      const fault = uncompilable(schema, error, parsed)
      if (!faults.some((other) => isDeepStrictEqual(other, fault))) faults.push(fault)
    }
  }
  if (faults.length > 0) return []
  const all = createAjv(draft, true)
  for (const schema of sound) all.addSchema(schema.schema)
  return [
    standalone.default(first, exportNames('first', members, parsed)),
    standalone.default(all, exportNames('all', members, parsed)),
  ]
}

function createAjv(draft: Draft, allErrors: boolean): Ajv | Ajv2020 {
  const options = { ...OPTIONS, allErrors }
  const ajv = draft === '07' ? new Ajv(options) : new Ajv2020(options)
  formats.default(ajv)
  return ajv
}

function exportNames(
  prefix: string,
  members: readonly ParsedSchema[],
  parsed: readonly ParsedSchema[],
): Record<string, string> {
  return Object.fromEntries(
    members.map((schema) => [`${prefix}${parsed.indexOf(schema)}`, schema.id]),
  )
}

function invalidSchema(ajv: Ajv | Ajv2020, schema: ParsedSchema): SchemaFault | undefined {
  if (ajv.validateSchema(schema.schema) === true) return undefined
  const error = ajv.errors?.at(-1)
  const pointer = error?.instancePath ?? ''
  return {
    file: schema.file.file,
    line: lineOfPointer(schema.file.text, pointer),
    reason: `not a valid schema of draft-${schema.draft}: ${pointer || 'it'} ${error?.message}`,
  }
}

/** Compiling one schema compiles those it refers to, so the fault may lie in another file. */
function uncompilable(
  compiled: ParsedSchema,
  error: unknown,
  parsed: readonly ParsedSchema[],
): SchemaFault {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Ajv.MissingRefError) {
    const [, ref = '', baseId = ''] = /reference (.*) from id (.*)$/.exec(message) ?? []
    const schema = parsed.find(({ id }) => id === schemaId(baseId)) ?? compiled
    const { file, text } = schema.file
    const target = parsed.find(({ id }) => id === error.missingSchema)
    return {
      file,
      line: lineOfText(text, JSON.stringify(ref)),
      reason: missing(ref, schema, target),
    }
  }
  const pattern = /^Invalid regular expression: \/(.*)\/u: /.exec(message)?.[1]
  const named = pattern === undefined ? /"[^"]+"/.exec(message)?.[0] : JSON.stringify(pattern)
  const quoted = named ?? '"$schema"'
  const schema = [compiled, ...parsed].find(({ file }) => file.text.includes(quoted)) ?? compiled
  return { file: schema.file.file, line: lineOfText(schema.file.text, quoted), reason: message }
}

function missing(ref: string, from: ParsedSchema, target: ParsedSchema | undefined): string {
  if (!target) return `$ref "${ref}" is not the $id of a schema here, and nothing is fetched`
  if (target.draft === from.draft) return `$ref "${ref}" points to nothing in ${target.file.file}`
  return `$ref "${ref}" is of draft-${target.draft}, while this schema is of draft-${from.draft}`
}

function repeatedId(schema: ParsedSchema, other: string): SchemaFault {
  const line = lineOfText(schema.file.text, '"$id"')
  return { file: schema.file.file, line, reason: `$id "${schema.id}" is already that of ${other}` }
}

function asCompiled(schema: ParsedSchema): CompiledSchema {
  return { id: schema.id, type: schema.file.type, version: schema.file.version }
}
