import { Problem } from '#problems/problem.ts'

/** The Problem with a body whose byte at `position`, counted from 0, does not fit JSON (RFC 8259). */
export function invalidJson(position: number): Problem {
  const detail = `is not valid JSON at byte ${position}, or nests deeper than 1000 levels`
  return new Problem('event-invalid', `Cannot read the event: the body ${detail}`, {
    violations: [{ rule: 'J12', at: '', detail }],
  })
}
