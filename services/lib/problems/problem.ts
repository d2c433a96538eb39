import type { EventOutcome } from './event-outcome.ts'

/**
 * Every failure that a caller may see, and the HTTP status it is answered with.
 * The key is the last segment of the problem's `type`, and the address of its explanation.
 */
export const PROBLEMS = {
  'request-malformed': { status: 400, title: 'The HTTP request cannot be understood' },
  'event-invalid': { status: 400, title: 'The event is not a valid CloudEvent' },
  'batch-rejected': { status: 400, title: 'No event of the batch was taken' },
  unauthorized: { status: 401, title: 'A valid bearer token is required' },
  'not-found': { status: 404, title: 'Nothing is served at this address' },
  'broker-unknown': { status: 404, title: 'There is no such Broker' },
  'method-not-allowed': { status: 405, title: 'This address does not take this method' },
  'request-timeout': { status: 408, title: 'The request did not arrive in time' },
  'event-too-large': { status: 413, title: 'The event is larger than this gateway takes' },
  'not-an-event': { status: 415, title: 'The request carries no CloudEvent' },
  'expectation-failed': { status: 417, title: 'The expectation of the request cannot be met' },
  'host-refused': { status: 421, title: 'The Host header names another server' },
  'data-invalid': { status: 422, title: 'The event data does not match its schema' },
  'headers-too-large': { status: 431, title: 'The request headers are too large' },
  internal: { status: 500, title: 'Sluice failed; the cause is in its log' },
  'over-capacity': { status: 503, title: 'More events are arriving than can be stored' },
  'log-unavailable': { status: 503, title: 'The event log cannot be written' },
  'not-ready': { status: 503, title: 'This server or Broker is not ready' },
} as const satisfies Record<string, { status: number; title: string }>

export type ProblemType = keyof typeof PROBLEMS

/** One rule that the request broke, and where. */
export interface Violation {
  /** The rule's stable id: `N5`, `J13`, … for CloudEvents, the keyword for a JSON Schema. */
  readonly rule: string
  /** A header name (`ce-id`) or a JSON pointer into the body (`/0/id`). */
  readonly at: string
  readonly detail: string
  /** In a batch: which event, counted from 0. */
  readonly index?: number
}

export interface ProblemOptions {
  readonly cause?: unknown
  readonly violations?: readonly Violation[]
  /** What became of each event of a batch, where that was looked at one by one. */
  readonly events?: readonly EventOutcome[]
  /** When asking again makes sense, in whole seconds (`Retry-After`). */
  readonly retryAfterSeconds?: number
}

/**
 * A failure that the caller can understand and act on, answered as `application/problem+json`
 * (RFC 9457). Anything else that is thrown is a bug.
 */
export class Problem extends Error {
  readonly type: ProblemType
  readonly violations: readonly Violation[]
  readonly events: readonly EventOutcome[] | undefined
  readonly retryAfterSeconds: number | undefined

  constructor(type: ProblemType, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause })
    this.name = 'Problem'
    this.type = type
    this.violations = options.violations ?? []
    this.events = options.events
    this.retryAfterSeconds = options.retryAfterSeconds
  }

  get status(): number {
    return PROBLEMS[this.type].status
  }
}
