import type { IncomingHttpHeaders } from 'node:http'
import type { AttributeValue, CloudEvent } from '#events/event.ts'
import { stringAttribute } from '#events/string-attribute.ts'
import type { TraceContext } from '#events/trace-context.ts'
import type { NewRecord } from '#log/event-log.ts'
import { parseTraceparent } from '#telemetry/parse-traceparent.ts'
import { continueTrace, readTraceContext } from '#telemetry/trace-context.ts'
import type { Span, Tracing } from '#telemetry/tracing.ts'

/** What will be appended, and the spans that end with the append. */
export interface TracedRecords {
  readonly records: readonly NewRecord[]
  readonly spans: readonly Span[]
}

/** A `traceparent` and its `tracestate`, as somebody wrote them. */
interface Unread {
  readonly traceparent: string | undefined
  readonly tracestate: string | undefined
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
  const ofRequest = contextOfRequest(headers)
  if (tracing === undefined) {
    for (const event of events) {
      const { traceparent, tracestate } = ofRequest ?? contextOfEvent(event)
      records.push(traced(event, continueTrace(traceparent, tracestate)))
    }
    return { records, spans: NO_SPANS }
  }
  const spans: Span[] = []
  for (const event of events) {
    const { traceparent, tracestate } = ofRequest ?? contextOfEvent(event)
    const span = tracing.startIngress(readTraceContext(traceparent, tracestate), event, broker)
    spans.push(span)
    records.push(traced(event, span.context))
  }
  return { records, spans }
}

/** Node joins several headers of one name with commas: as it must be with `tracestate`. */
function contextOfRequest(headers: IncomingHttpHeaders): Unread | undefined {
  const traceparent = one(headers['traceparent'])
  if (traceparent === undefined || parseTraceparent(traceparent) === undefined) return undefined
  return { traceparent, tracestate: one(headers['tracestate']) }
}

function contextOfEvent(event: CloudEvent): Unread {
  return {
    traceparent: stringAttribute(event, 'traceparent'),
    tracestate: stringAttribute(event, 'tracestate'),
  }
}

function one(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined
}

function traced(event: CloudEvent, trace: TraceContext): NewRecord {
  const { attributes } = event
  // A tracestate alone says nothing; beside a traceparent of ours it would.
  if (attributes.has('traceparent') || attributes.has('tracestate'))
    return { event, hops: 0, trace }
  const added = new Map<string, AttributeValue>(attributes)
  added.set('traceparent', trace.traceparent)
  // Tabs may stand between the members of the header, and in no attribute.
  if (trace.tracestate !== undefined) {
    added.set('tracestate', trace.tracestate.replaceAll('\t', ' '))
  }
  return { event: { attributes: added, data: event.data }, hops: 0, trace }
}
