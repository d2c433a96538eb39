import type { FilterSpec } from '#filters/filter.ts'
import type { KafkaSettings } from '#kafka/kafka-settings.ts'

/** Whether a resource may be used, and if not, why, in words that say what to do. */
export type Readiness =
  | { readonly ready: true }
  | { readonly ready: false; readonly reason: string; readonly message: string }

/** Where a resource was written. */
export interface Origin {
  readonly file: string
  readonly line: number
}

/** Knative's DeliverySpec, resolved: durations in milliseconds, destinations as URLs. */
export interface Delivery {
  /** Attempts after the first one. */
  readonly retry: number
  readonly backoffPolicy: 'linear' | 'exponential'
  readonly backoffDelayMs: number
  /** For one whole exchange, body included. */
  readonly timeoutMs: number
  /** The longest `Retry-After` that is honoured. */
  readonly retryAfterMaxMs: number
  /** URL of the dead letter sink. */
  readonly deadLetterSink: string | undefined
  /** Its `CACerts`: who may vouch for it over TLS, beside whom this process trusts. PEM. */
  readonly deadLetterSinkCaCerts: string | undefined
  /** The content mode of requests, to the dead letter sink as well: `json` is structured mode. */
  readonly format: 'binary' | 'json'
}

export type SchemaMode = 'enforce' | 'warn' | 'off'

/** A Broker, as written in `eventing.knative.dev/v1` and checked. Plain data: it crosses threads. */
export interface Broker {
  /** `<namespace>/<name>`. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  readonly origin: Origin
  readonly readiness: Readiness
  /** `sluice.dev/schemas` */
  readonly schemas: SchemaMode
  /** `sluice.dev/unknown-types` */
  readonly unknownTypes: 'accept' | 'reject'
  /** `sluice.dev/dedup-window`; 0 is off. */
  readonly dedupWindowMs: number
  /** `sluice.dev/retention` and `sluice.dev/retention-bytes` */
  readonly retention: { readonly ageMs: number; readonly bytes: number | undefined }
  /** From its ConfigMap, that one's Secret, and its annotations. Only `PROFILE=kafka` looks at it. */
  readonly kafka: KafkaSettings
}

/**
 * Where a Trigger without a cursor begins (`sluice.dev/start`): a number is a time in milliseconds
 * since 1970; `knative-group` is where Knative's dispatcher left it.
 */
export type Start = 'latest' | 'earliest' | 'knative-group' | number

/** A Trigger, as written in `eventing.knative.dev/v1`, checked and resolved. Plain data: it crosses threads. */
export interface Trigger {
  /** `<namespace>/<name>`. */
  readonly key: string
  readonly namespace: string
  readonly name: string
  /** Key of its Broker. */
  readonly broker: string
  readonly origin: Origin
  readonly readiness: Readiness
  /** All of these must pass; none passes every event. */
  readonly filters: readonly FilterSpec[]
  /** URL of the subscriber. */
  readonly subscriber: string
  /** Its `CACerts`: who may vouch for it over TLS, beside whom this process trusts. PEM. */
  readonly subscriberCaCerts: string | undefined
  readonly delivery: Delivery
  /** `kafka.eventing.knative.dev/delivery.order` */
  readonly order: 'ordered' | 'unordered'
  /** `sluice.dev/max-in-flight` */
  readonly maxInFlight: number
  /** `sluice.dev/max-header-bytes`: a request whose head would be larger is in structured mode. */
  readonly maxHeaderBytes: number
  /** `sluice.dev/attribute-encoding`: how attribute values are written as header fields. */
  readonly attributeEncoding: 'percent' | 'raw'
  /** `sluice.dev/compatibility`, from the Trigger or else its Broker. */
  readonly compatibility: 'spec' | 'knative-kafka'
  readonly start: Start
  /** `sluice.dev/paused` */
  readonly paused: boolean
  /** `spec` as it was written, as JSON data. */
  readonly spec: unknown
}

/** All Brokers and Triggers at one moment. Immutable: a change is a new snapshot. */
export interface Snapshot {
  readonly brokers: readonly Broker[]
  readonly triggers: readonly Trigger[]
}
