/** Which destination a delivery is being sent to. */
export type Phase = 'deliver' | 'dead-letter'

/** One request to a subscriber or dead letter sink that did not succeed. */
export interface Attempt {
  readonly phase: Phase
  /** When it began, in milliseconds since 1970. */
  readonly time: number
  readonly durationMs: number
  /** The HTTP status, where there was an answer. */
  readonly status?: number
  /** What went wrong, in one sentence without payload or credentials. */
  readonly error: string
}
