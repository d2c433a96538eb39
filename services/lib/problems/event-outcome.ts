import type { Problem } from './problem.ts'

/** What became of one event of a batch of which the good events are taken. */
export type EventOutcome =
  | { readonly index: number; readonly status: 'accepted' | 'duplicate' }
  | { readonly index: number; readonly status: 'rejected'; readonly problem: Problem }
