/** Bounds that hold for every Broker's log. */
export interface SegmentLimits {
  /** A segment is sealed when it has this many bytes, or an eighth of the retention if that is less. */
  readonly segmentBytes: number
  /** A segment is sealed this many milliseconds after its first record. */
  readonly segmentAgeMs: number
  /** Below this much free disk space nothing is appended. */
  readonly minFreeBytes: number
}
