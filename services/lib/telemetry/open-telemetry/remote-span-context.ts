import { createTraceState, type SpanContext } from '@opentelemetry/api'
import type { TraceContext } from '#events/trace-context.ts'

/** Only the sampled flag: the SDK writes others of its own. */
const SAMPLED = 0x01

/** A context that came from another process, for the SDK. `trace` is valid. */
export function remoteSpanContext({ traceparent, tracestate }: TraceContext): SpanContext {
  return {
    traceId: traceparent.slice(3, 35),
    spanId: traceparent.slice(36, 52),
    traceFlags: Number.parseInt(traceparent.slice(53, 55), 16) & SAMPLED,
    isRemote: true,
    ...(tracestate === undefined ? {} : { traceState: createTraceState(tracestate) }),
  }
}
