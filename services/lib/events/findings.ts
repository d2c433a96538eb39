import type { Violation } from '#problems/problem.ts'

/** The violations found so far, and the place in the message that is being read. */
export interface Findings {
  readonly violations: Violation[]
  /** What an attribute's name is preceded by: `ce-` for headers, `/` or `/<index>/` for JSON. */
  readonly prefix: string
  /** In a batch: which event, counted from 0. */
  readonly index: number | undefined
}
