import type { LogState, SentProblem } from './writer-messages.ts'

/** What there is to say about a log, besides its bounds. */
export interface LogFacts {
  readonly broker: string
  /** Why it cannot be written. */
  readonly fault: string | undefined
  /** What a reader found, in a whole sentence. */
  readonly unreadable: string | undefined
  /** The byte limit that it has reached. */
  readonly fullAt: number | undefined
}

const UNREADABLE =
  'a part of it cannot be read, so that deliveries stand still; /readyz says which file'

/** What a log tells its clients. */
export function logState({ broker, fault, unreadable, fullAt }: LogFacts): LogState {
  if (fault !== undefined) {
    const said = `The event log of ${broker} cannot be written: ${fault}. Tried again every second.`
    return { fault: said, refusal: unavailable(broker, fault) }
  }
  if (unreadable !== undefined) {
    return { fault: unreadable, refusal: unavailable(broker, UNREADABLE) }
  }
  return { fault: undefined, refusal: fullAt === undefined ? undefined : full(broker, fullAt) }
}

/** The log cannot be written. */
export function unavailable(broker: string, reason: string): SentProblem {
  const detail = `Cannot append to the event log of ${broker}: ${reason}`
  return { type: 'log-unavailable', detail, retryAfterSeconds: 2 }
}

function full(broker: string, bytes: number): SentProblem {
  const detail =
    `Cannot append to the event log of ${broker}: it is full (${bytes} bytes, as its retention ` +
    'says), because Triggers still have to deliver its oldest events'
  return { type: 'over-capacity', detail, retryAfterSeconds: 5 }
}
