import type { CloudEvent } from '#events/event.ts'
import type { TraceContext } from '#events/trace-context.ts'
import type { Outcome } from './outcome.ts'

/** One request to a subscriber or a dead letter sink. */
export interface DeliveryRequest {
  readonly destination: string
  readonly event: CloudEvent
  /** Sent as `Kn-Namespace`. */
  readonly namespace: string
  /** For the whole exchange, body included, in milliseconds. */
  readonly timeoutMs: number
  /** Sent as `traceparent` and `tracestate`. */
  readonly trace: TraceContext | undefined
  /** Whether an event in the answer is a reply. A dead letter sink's answer is not. */
  readonly acceptReply: boolean
}

/** Sends events to subscribers over HTTP, in binary content mode. */
export interface SubscriberClient {
  /** Makes one attempt. Never rejects: whatever happens is an outcome, an aborted signal included. */
  deliver(request: DeliveryRequest, signal: AbortSignal): Promise<Outcome>
  /** Closes idle connections, and busy ones when their exchange ends. */
  close(): Promise<void>
}
