import type { CloudEvent } from '#events/event.ts'
import type { TraceContext } from '#events/trace-context.ts'
import type { Delivery, Trigger } from '#triggers/trigger.ts'
import type { Outcome } from './outcome.ts'

/** One request to a subscriber or a dead letter sink. */
export interface DeliveryRequest {
  readonly destination: string
  /** Who may vouch for it over TLS, beside whom this process trusts. PEM. */
  readonly caCerts: string | undefined
  readonly event: CloudEvent
  /** Sent as `Kn-Namespace`. */
  readonly namespace: string
  /** For the whole exchange, body included, in milliseconds. */
  readonly timeoutMs: number
  /** Sent as `traceparent` and `tracestate`. */
  readonly trace: TraceContext | undefined
  /** `json` is structured content mode. */
  readonly format: Delivery['format']
  /** How attribute values are written as header fields, in binary content mode. */
  readonly attributeEncoding: Trigger['attributeEncoding']
  /** An event that would need a larger head in binary content mode is sent in structured mode. */
  readonly maxHeaderBytes: number
  /** Whether an event in the answer is a reply. A dead letter sink's answer is not. */
  readonly acceptReply: boolean
}

/** Sends events to subscribers over HTTP. */
export interface SubscriberClient {
  /** Makes one attempt. Never rejects: whatever happens is an outcome, an aborted signal included. */
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Outcome>
  /** Closes idle connections, and busy ones when their exchange ends. */
  close(): Promise<void>
}
