/** A W3C trace context as it stands in the headers of one hop. */
export interface TraceContext {
  readonly traceparent: string
  readonly tracestate?: string
}
