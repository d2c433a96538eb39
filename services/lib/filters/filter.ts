import type { CloudEvent } from '#events/event.ts'
import type { CesqlErrorKind } from './cesql/cesql-error.ts'

/** Attribute names with the value (or its beginning, or end) that each must have. */
export type AttributeValues = Readonly<Record<string, string>>

/**
 * A filter as a Trigger writes it, one dialect to an object (CloudEvents Subscriptions 1.0,
 * section 3.2.4). `attributes` is the older `spec.filter.attributes`, whose empty value means
 * "present, with any value".
 */
export type FilterSpec =
  | { readonly attributes: AttributeValues }
  | { readonly exact: AttributeValues }
  | { readonly prefix: AttributeValues }
  | { readonly suffix: AttributeValues }
  | { readonly all: readonly FilterSpec[] }
  | { readonly any: readonly FilterSpec[] }
  | { readonly not: FilterSpec }
  | { readonly cesql: string }

/** Whether an event passes. Never throws: a missing attribute is an answer, not an error. */
export type Filter = (event: CloudEvent) => boolean

/** Why an expression could say neither yes nor no, so that its event does not pass. */
export type FilterError = CesqlErrorKind | 'not-boolean'

/** Is told of each event that a filter could not judge. */
export type FilterFailed = (error: FilterError) => void
