import { type Context, ROOT_CONTEXT, SpanKind, type Tracer, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { TraceContext } from '#events/trace-context.ts'
import { readTraceContext } from '../trace-context.ts'
import type { Span, Tracing } from '../tracing.ts'
import { RecordedSpan } from './recorded-span.ts'
import { remoteSpanContext } from './remote-span-context.ts'
import { deliveryAttributes, ingressAttributes } from './span-attributes.ts'

/** Sending what is left must not hold up the end of the process. */
const CLOSE_MS = 2000

/** Spans by the OpenTelemetry SDK. */
export class OpenTelemetryTracing implements Tracing {
  readonly #sdk: NodeSDK
  readonly #tracer: Tracer

  constructor(serviceName: string | undefined) {
    this.#sdk = new NodeSDK({
      ...(serviceName === undefined ? {} : { serviceName }),
      textMapPropagator: null,
      instrumentations: [],
      metricReaders: [],
      logRecordProcessors: [],
    })
    this.#sdk.start()
    this.#tracer = trace.getTracer('sluice')
  }

  /** By the semantic conventions, `send` is a producer's span unless the message was created before. */
  startIngress(parent: TraceContext | undefined, event: CloudEvent, broker: string): Span {
    const links = creationLinks(event)
    const kind = links.length === 0 ? SpanKind.PRODUCER : SpanKind.CLIENT
    const span = this.#tracer.startSpan(`send ${broker}`, { kind, links }, contextOf(parent))
    if (span.isRecording()) span.setAttributes(ingressAttributes(event, broker))
    return new RecordedSpan(span, parent)
  }

  startDelivery(
    parent: TraceContext | undefined,
    event: CloudEvent,
    trigger: string,
    destination: string,
  ): Span {
    const options = { kind: SpanKind.CLIENT, links: creationLinks(event) }
    const span = this.#tracer.startSpan(`send ${trigger}`, options, contextOf(parent))
    if (span.isRecording()) span.setAttributes(deliveryAttributes(event, trigger, destination))
    return new RecordedSpan(span, parent)
  }

  async close(): Promise<void> {
    const late = AbortSignal.timeout(CLOSE_MS)
    const { promise, resolve } = Promise.withResolvers<void>()
    late.addEventListener('abort', () => resolve())
    // A collector that cannot be reached is told by OTEL_LOG_LEVEL, not by failing to stop.
    await Promise.race([this.#sdk.shutdown().catch(() => undefined), promise])
  }
}

function contextOf(parent: TraceContext | undefined): Context {
  if (parent === undefined) return ROOT_CONTEXT
  return trace.setSpanContext(ROOT_CONTEXT, remoteSpanContext(parent))
}

/** The event's own trace extension says where it was created (CloudEvents, Distributed Tracing). */
function creationLinks(event: CloudEvent) {
  const created = readTraceContext(
    stringAttribute(event, 'traceparent'),
    stringAttribute(event, 'tracestate'),
  )
  return created === undefined ? [] : [{ context: remoteSpanContext(created) }]
}
