/** What a failure of a case means: a failed MUST makes the whole run fail. */
export type Level = 'MUST' | 'SHOULD' | 'MAY'

/**
 * One statement about a Broker that can be checked from outside, and how: what is applied, what is
 * sent, what must be seen. Everything in it is data.
 *
 * Every text of a case may contain placeholders:
 *
 * | placeholder | becomes |
 * |---|---|
 * | `{token}` | letters and digits that belong to this case in this run; every event that is sent must contain it, so that it is known again |
 * | `{n}` | the place of the request among those of the case, counted from 0 |
 * | `{namespace}`, `{broker}` | where the case is |
 * | `{url:NAME}` | the address of the scripted subscriber of that name |
 * | `{small:NAME}` | the same, behind a server that takes only 16 KiB of headers, as Node's do |
 * | `{tls:NAME}` | the same over TLS, with a certificate of an authority nobody knows |
 * | `{ca}` | that authority's certificate, PEM |
 * | `{closed}` | an address at which nobody listens |
 * | `{past}`, `{future}` | a timestamp an hour before and after now |
 */
export interface ConformanceCase {
  /** Stable: the statement's id in its document where it has one, then what is tried. */
  readonly id: string
  readonly level: Level
  /** Ids of statements that it shows besides the one its own id begins with. */
  readonly covers?: readonly string[]
  readonly source: Source
  /** What must hold, as a sentence without its end. */
  readonly title: string
  /** The Broker's annotations and delivery; without it, none. Cases with equal Brokers may share one. */
  readonly broker?: BrokerParts
  /** Has a Broker for itself: others would see its replies, or it would not bear their events. */
  readonly alone?: true
  /** By name; without it, one Trigger `main` for all events. */
  readonly triggers?: Readonly<Record<string, TriggerParts>>
  /** What each subscriber answers, in turn, the last one for ever; a 202 without a body where nothing is said. */
  readonly subscribers?: Readonly<Record<string, readonly Answer[]>>
  /** What happens, one after the other; a request has been answered before the next begins. */
  readonly send: readonly Step[]
  readonly expect: Expectation
  /** The key of the difference (differences.ts) for which Knative's Kafka Broker fails this case. */
  readonly differs?: string
  /** The key of the difference that this case shows a setting to undo. */
  readonly restores?: string
}

/** The document and section that say so. */
export interface Source {
  readonly document: keyof typeof DOCUMENTS
  readonly section: string
}

export const DOCUMENTS = {
  CloudEvents: 'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md',
  'CloudEvents HTTP':
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md',
  'CloudEvents JSON':
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md',
  'CloudEvents extensions': 'https://github.com/cloudevents/spec/tree/main/cloudevents/extensions',
  'CloudEvents Subscriptions':
    'https://github.com/cloudevents/spec/blob/main/subscriptions/spec.md',
  CESQL: 'https://github.com/cloudevents/spec/blob/main/cesql/spec.md',
  'Knative data plane': 'https://github.com/knative/specs/blob/main/specs/eventing/data-plane.md',
  'Knative control plane':
    'https://github.com/knative/specs/blob/main/specs/eventing/control-plane.md',
  'Knative delivery': 'https://knative.dev/docs/eventing/event-delivery/',
  'Knative Broker': 'https://github.com/knative/specs/blob/main/specs/eventing/broker.md',
  'Knative tests': 'https://github.com/knative/eventing/tree/main/test/rekt/features',
  'Trace Context': 'https://www.w3.org/TR/trace-context-2/',
  'CloudEvents webhook':
    'https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md',
  'HTTP Prefer': 'https://www.rfc-editor.org/rfc/rfc7240',
  'HTTP Semantics': 'https://www.rfc-editor.org/rfc/rfc9110',
  Sluice: 'brokers-and-triggers.md',
} as const

export interface BrokerParts {
  readonly annotations?: Readonly<Record<string, string>>
  readonly delivery?: Readonly<Record<string, unknown>>
}

export interface TriggerParts {
  readonly annotations?: Readonly<Record<string, string>>
  /** `filter`, `filters` and `delivery` as in a Trigger's spec; `subscriber` is `{url:<name>}` without it. */
  readonly spec?: Readonly<Record<string, unknown>>
  /** It must not become Ready; an API server may refuse it altogether. */
  readonly refused?: true
}

export type Step = Request | Change | Wait

/** One HTTP request to the Broker's ingress, header by header as it goes out. */
export interface Request {
  /** `POST` without it. */
  readonly method?: string
  /** Instead of `<namespace>/<broker>`. */
  readonly path?: string
  /** Names and values, one character per byte. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string | Uint8Array
}

/** Replaces some of the case's Triggers, or adds some; goes on when they are Ready. */
export interface Change {
  readonly apply: Readonly<Record<string, TriggerParts>>
  /** Brokers, by name, that are there from now on besides that of the case. */
  readonly brokers?: Readonly<Record<string, BrokerParts>>
}

/** Goes on when that many requests have come to each of these subscribers. */
export interface Wait {
  readonly until: Readonly<Record<string, number>>
}

/** What a scripted subscriber does with one request. */
export interface Answer {
  /** 202 without it. */
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /** How long it thinks before it answers. */
  readonly afterMs?: number
  /** Sends a 102 before. */
  readonly interim?: true
  /** `hang`: never answers. `close`: closes the connection. `stall`: sends the head and no end of the body. */
  readonly instead?: 'hang' | 'close' | 'stall'
}

export interface Expectation {
  /** For all requests, or one for each; any 2xx where nothing is said. */
  readonly answer?: AnswerExpectation | readonly AnswerExpectation[]
  /** By subscriber: exactly these requests, in any order, and no other. */
  readonly delivered?: Readonly<Record<string, readonly DeliveryExpectation[]>>
  /** The same for the subscriber `sink`. */
  readonly deadLetter?: readonly DeliveryExpectation[]
  /** By subscriber: the time between one request and the next, from the first on. */
  readonly gaps?: Readonly<Record<string, readonly Gap[]>>
  /** The requests for these events come to that subscriber in this order, whatever comes in between. */
  readonly order?: readonly { readonly at: string; readonly ids: readonly string[] }[]
}

export interface AnswerExpectation {
  readonly status: number | readonly number[]
  readonly headers?: Readonly<Record<string, RegExp>>
  readonly body?: RegExp
}

/** One request as it must arrive; what is not named may be anything. `null`: must not be there. */
export interface DeliveryExpectation {
  /** As they are on the wire. */
  readonly headers?: Readonly<Record<string, string | RegExp | null>>
  /** As the specification has them read, in either content mode. */
  readonly attributes?: Readonly<Record<string, string | RegExp | null>>
  /** The data, byte for byte. */
  readonly data?: string | Uint8Array | null
  /** The data as a JSON value. */
  readonly json?: unknown
}

export interface Gap {
  readonly atLeastMs: number
  readonly atMostMs: number
}
