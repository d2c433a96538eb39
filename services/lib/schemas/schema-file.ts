/** One schema as it was found: `<SCHEMAS_DIR>/<event type>/<version>.json`. Plain data: it crosses threads. */
export interface SchemaFile {
  /** Below `SCHEMAS_DIR`, with `/`. */
  readonly file: string
  /** The folder's name, percent-decoded: `com.example%2Forder` is the type `com.example/order`. */
  readonly type: string
  readonly version: number
  readonly text: string
}

/** Why a schema file cannot be used. */
export interface SchemaFault {
  readonly file: string
  /** Counted from 1. */
  readonly line: number
  readonly reason: string
}
