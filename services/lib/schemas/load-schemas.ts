import { createRequire } from 'node:module'
import { compileFunction } from 'node:vm'
import type { DefinedError } from 'ajv'
import { codePointLength } from './code-point-length.ts'
import type { CompiledSchemas } from './compiled-schemas.ts'

/** A compiled validator: true when the data matches, else its errors stand beside it. */
export interface Validate {
  (data: unknown): boolean
  errors?: readonly DefinedError[] | null
}

/** A schema that data can be checked against. */
export interface LoadedSchema {
  readonly id: string
  readonly type: string
  readonly version: number
  /** Stops at the first error. */
  readonly first: Validate
  /** Finds every error, so its cost grows with what is wrong. */
  readonly all: Validate
}

/** All schemas of one moment. */
export interface LoadedSchemas {
  /** By `$id`, as `schemaId` writes it. */
  readonly byId: ReadonlyMap<string, LoadedSchema>
  /** The newest version of each event type. */
  readonly newest: ReadonlyMap<string, LoadedSchema>
}

const require = createRequire(import.meta.url)

/** What compiled code asks for. The validator's own way to count characters costs a nanosecond each. */
function requireForSchemas(id: string): unknown {
  return id === 'ajv/dist/runtime/ucs2length' ? { default: codePointLength } : require(id)
}

/** Evaluates compiled schemas in this thread: about a millisecond, as nothing is compiled here. */
export function loadSchemas({ schemas, sources }: CompiledSchemas): LoadedSchemas {
  const validators: Record<string, Validate> = {}
  for (const source of sources) {
    const load = compileFunction(source, ['exports', 'require'], { filename: 'schemas' })
    load(validators, requireForSchemas)
  }
  const byId = new Map<string, LoadedSchema>()
  const newest = new Map<string, LoadedSchema>()
  for (const [i, { id, type, version }] of schemas.entries()) {
    const { [`first${i}`]: first, [`all${i}`]: all } = validators
    if (!first || !all) throw new Error(`Cannot load schema ${id}: its validator is missing`)
    const schema = { id, type, version, first, all }
    byId.set(id, schema)
    if (version >= (newest.get(type)?.version ?? 0)) newest.set(type, schema)
  }
  return { byId, newest }
}
