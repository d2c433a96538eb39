/** Which schema a pair of validators in the source belongs to. */
export interface CompiledSchema {
  readonly id: string
  readonly type: string
  readonly version: number
}

/**
 * All schemas as source code. Plain data: compiled in one thread, loaded in any number of others.
 * The source of a draft is a CommonJS module: the schema at index `i` of `schemas`, if it is of
 * that draft, has the exports `first<i>`, which stops at the first error, and `all<i>`, which
 * finds them all.
 */
export interface CompiledSchemas {
  readonly schemas: readonly CompiledSchema[]
  readonly sources: readonly string[]
}
