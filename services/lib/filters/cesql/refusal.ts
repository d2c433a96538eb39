/** Why a text is no expression (CESQL's ParseError). */
export interface Refusal {
  /** From 1. */
  readonly line: number
  /** In characters, from 1. */
  readonly column: number
  readonly found: string
  readonly expected: string
}

/** A refusal as a sentence without its period. */
export function describeRefusal({ line, column, found, expected }: Refusal): string {
  return `line ${line}, column ${column}: found ${found}, expected ${expected}`
}

/** Ends the reading of a text that is no expression; it does not leave `parseExpression`. */
export class Refused extends Error {
  readonly offset: number
  readonly found: string
  readonly expected: string

  constructor(offset: number, found: string, expected: string) {
    super(`found ${found}, expected ${expected}`)
    this.offset = offset
    this.found = found
    this.expected = expected
  }

  in(text: string): Refusal {
    const before = text.slice(0, this.offset)
    const lineStart = before.lastIndexOf('\n') + 1
    return {
      line: before.split('\n').length,
      column: Array.from(before.slice(lineStart)).length + 1,
      found: this.found,
      expected: this.expected,
    }
  }
}
