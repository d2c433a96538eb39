/** The largest event and the longest batch that are read. */
export interface ReadLimits {
  /** Attributes (names and values) plus data, of one event. */
  readonly maxEventBytes: number
  readonly maxBatchEvents: number
}
