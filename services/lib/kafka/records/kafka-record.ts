/** A header's name and value. */
export type KafkaHeader = readonly [name: string, value: Uint8Array | string | null]

/** A record about to be written. Text is written as UTF-8. */
export interface NewKafkaRecord {
  readonly key: Uint8Array | string | null
  readonly value: Uint8Array | null
  readonly headers: readonly KafkaHeader[]
  /** Milliseconds since 1970. */
  readonly timestamp: number
}

/** A record as it was read. Its bytes are views of what came from the broker. */
export interface KafkaRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  /** In the order in which they were written; names may repeat. */
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[]
}
