import type { Attempt } from '#delivery/attempt.ts'
import type { AttributeValue } from '#events/event.ts'
import type { DeadLetter } from '../dead-letters.ts'

/** What the record of a dead letter says besides the event, as JSON in one header. */
export interface LetterDetails extends Omit<DeadLetter, 'event'> {
  /** Where the record's headers cannot carry them: all attributes; the value is the data. */
  readonly attributes?: readonly (readonly [name: string, value: AttributeValue])[]
  /** The event has no data: the empty value of the record is none. */
  readonly noData?: true
}

type Check = (value: unknown) => boolean

const isText: Check = (value) => typeof value === 'string'
const isNumber: Check = (value) => typeof value === 'number'
const isCount: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0
const isAttempt = shape({
  phase: (value) => value === 'deliver' || value === 'dead-letter',
  time: isNumber,
  durationMs: isNumber,
  status: optional(isNumber),
  error: isText,
} satisfies Record<keyof Attempt, Check>)
const isDetails = shape({
  broker: isText,
  trigger: isText,
  partition: isCount,
  offset: isCount,
  time: isCount,
  reason: isText,
  destination: isText,
  error: isText,
  status: optional(isNumber),
  attempts: list(isAttempt),
  attributes: optional(list(isAttribute)),
  noData: optional((value) => value === true),
} satisfies Record<keyof LetterDetails, Check>)

/** @returns `undefined` for what is no dead letter's */
export function readDetails(text: string): LetterDetails | undefined {
  const details: unknown = parse(text)
  return isDetails(details) ? (details as LetterDetails) : undefined
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function shape(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks)
  return (value) => {
    if (typeof value !== 'object' || value === null) return false
    return entries.every(([name, check]) => check((value as Record<string, unknown>)[name]))
  }
}

function optional(check: Check): Check {
  return (value) => value === undefined || check(value)
}

function list(check: Check): Check {
  return (value) => Array.isArray(value) && value.every(check)
}

function isAttribute(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2 || typeof value[0] !== 'string') return false
  return ['string', 'number', 'boolean'].includes(typeof value[1])
}
