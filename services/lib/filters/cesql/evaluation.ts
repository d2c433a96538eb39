import type { CesqlError } from './cesql-error.ts'
import type { Attributes, Value } from './value.ts'

/**
 * Characters that an evaluation may look at in functions, patterns and casts, all together. It
 * takes hostile input to get there: long attributes under many patterns that nearly match.
 */
const MAX_STEPS = 4 * 1024 * 1024

const TOO_LONG: CesqlError = {
  kind: 'generic',
  message: `the texts are too long: more than ${MAX_STEPS} steps`,
}

/** One evaluation of an expression: what it reads, and what went wrong so far. */
export class Evaluation {
  readonly attributes: Attributes
  readonly errors: CesqlError[] = []
  #left = MAX_STEPS

  constructor(attributes: Attributes) {
    this.attributes = attributes
  }

  fail(error: CesqlError): void {
    this.errors.push(error)
  }

  /** Whether so many steps more may be taken; if not, that is an error of the evaluation. */
  spend(steps: number): boolean {
    if (this.#left < 0) return false
    this.#left -= steps
    if (this.#left >= 0) return true
    this.fail(TOO_LONG)
    return false
  }
}

/**
 * A compiled expression. It never throws, and always has a value. An operator or function that
 * meets an error, its own or one of an operand, has the value that the specification names for it,
 * else the zero value of its return type (CESQL 1.0.0, sections 3.2 and 3.3).
 */
export type Evaluate = (evaluation: Evaluation) => Value
