import type { TSchema } from 'typebox'

interface ValueSchema {
  readonly type?: string
  readonly enum?: readonly unknown[]
  readonly minimum?: number
  readonly maximum?: number
  readonly format?: string
  readonly title?: string
}

const FORMATS: ReadonlyMap<string, string> = new Map([
  ['duration', 'an ISO 8601 duration such as PT10S'],
])

/** What a variable of this schema takes, in words: "a whole number from 0 to 65535". A `title` says it itself. */
export function expectedValue(schema: TSchema): string {
  const { type, enum: values, minimum, maximum, format, title } = schema as ValueSchema
  if (title !== undefined) return title
  if (values !== undefined) return values.join(', ')
  if (format !== undefined) return FORMATS.get(format) ?? format
  if (type !== 'integer') return 'text'
  if (minimum === undefined) return 'a whole number'
  if (maximum === undefined) return `a whole number of at least ${minimum}`
  return `a whole number from ${minimum} to ${maximum}`
}
