/** The kinds of errors that every engine knows (CESQL 1.0.0, section 3.3). */
export type CesqlErrorKind =
  | 'parse'
  | 'math'
  | 'cast'
  | 'missing-attribute'
  | 'missing-function'
  | 'function-evaluation'
  | 'generic'

/** One thing that went wrong in an evaluation, which has a value all the same. */
export interface CesqlError {
  readonly kind: CesqlErrorKind
  readonly message: string
}
