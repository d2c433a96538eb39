import type { IncomingHttpHeaders } from 'node:http'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { TraceContext } from '#events/trace-context.ts'
import type { NewRecord } from '#log/event-log.ts'
import { continueTrace, readTraceContext } from '#telemetry/trace-context.ts'
import type { Span, Tracing } from '#telemetry/tracing.ts'

/** What will be appended, and the spans that end with the append. */
export interface TracedRecords {
  readonly records: readonly NewRecord[]
  readonly spans: readonly Span[]
}

const NO_SPANS: readonly Span[] = []

/**
 * Makes records of a request's events. The hop's trace context is kept beside each event; it
 * continues the request's `traceparent` header, else the event's own creation context, else it
 * begins a trace. An event without a creation context gets this one, one that has it keeps it
 * (Distributed Tracing extension).
 */
export function traceRecords(
  events: readonly CloudEvent[],
  headers: IncomingHttpHeaders,
  broker: string,
  tracing: Tracing | undefined,
): TracedRecords {
  const records: NewRecord[] = []
  if (tracing === undefined) {
    for (const event of events) {
      records.push(
        traced(event, parentContext(event, headers) ?? continueTrace(undefined, undefined)),
      )
    }
    return { records, spans: NO_SPANS }
  }
  const spans: Span[] = []
  for (const event of events) {
    const span = tracing.startIngress(parentContext(event, headers), event, broker)
    spans.push(span)
    records.push(traced(event, span.context))
  }
  return { records, spans }
}

/** What the hop continues: the header where it is valid, else what the event carries. */
function parentContext(event: CloudEvent, headers: IncomingHttpHeaders): TraceContext | undefined {
  return (
    readTraceContext(one(headers['traceparent']), one(headers['tracestate'])) ??
    readTraceContext(stringAttribute(event, 'traceparent'), stringAttribute(event, 'tracestate'))
  )
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function traced(event: CloudEvent, trace: TraceContext): NewRecord {
  if (event.attributes.has('traceparent')) return { event, hops: 0, trace }
  const attributes = new Map<string, AttributeValue>(event.attributes)
  attributes.set('traceparent', trace.traceparent)
  if (trace.tracestate !== undefined) attributes.set('tracestate', trace.tracestate)
  return { event: { attributes, data: event.data }, hops: 0, trace }
}
