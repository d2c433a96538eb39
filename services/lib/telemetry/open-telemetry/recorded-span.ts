import { type Span as OpenTelemetrySpan, SpanStatusCode } from '@opentelemetry/api'
import type { TraceContext } from '#events/trace-context.ts'
import type { Span } from '../tracing.ts'

const RANDOM = 0x02

/** A span of the OpenTelemetry SDK, recorded or not as its sampler decided. */
export class RecordedSpan implements Span {
  readonly context: TraceContext
  readonly #span: OpenTelemetrySpan

  constructor(span: OpenTelemetrySpan, parent: TraceContext | undefined) {
    this.#span = span
    this.context = contextOf(span, parent)
  }

  end(error?: string, errorType = '_OTHER'): void {
    if (error !== undefined) {
      this.#span.setStatus({ code: SpanStatusCode.ERROR, message: error })
      this.#span.setAttribute('error.type', errorType)
    }
    this.#span.end()
  }
}

/**
 * The parent's `tracestate` goes on as it is: the SDK's would lose keys that begin with a digit. The
 * random flag stays as the one who began the trace set it; the SDK's own trace ids are random.
 */
function contextOf(span: OpenTelemetrySpan, parent: TraceContext | undefined): TraceContext {
  const { traceId, spanId, traceFlags } = span.spanContext()
  const random =
    parent === undefined ? RANDOM : Number.parseInt(parent.traceparent.slice(53), 16) & RANDOM
  const traceparent = `00-${traceId}-${spanId}-0${(traceFlags & 1) | random}`
  const tracestate = parent?.tracestate
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate }
}
