import type { CloudEvent } from '#events/event.ts'
import type { TraceContext } from '#events/trace-context.ts'

/** A span that is under way. */
export interface Span {
  /** What the next hop is told. */
  readonly context: TraceContext
  /**
   * `error` is one sentence, or `undefined` for success; `errorType` is of few values, such as an
   * HTTP status (`error.type` of the semantic conventions).
   */
  end(error?: string, errorType?: string): void
}

/**
 * Spans for an event's two hops. Absent (`undefined`) wherever OpenTelemetry's environment
 * variables do not ask for it, so that the hot path pays one comparison.
 */
export interface Tracing {
  /** The gateway took an event for `broker` (`<namespace>/<name>`). `parent` came with the request. */
  startIngress(parent: TraceContext | undefined, event: CloudEvent, broker: string): Span
  /**
   * One delivery attempt for `trigger` to `destination`. Child of the hop that appended the event,
   * linked to the context in the event's own `traceparent` extension, its creation context.
   */
  startDelivery(
    parent: TraceContext | undefined,
    event: CloudEvent,
    trigger: string,
    destination: string,
  ): Span
  /** Sends what is not sent yet. */
  close(): Promise<void>
}
