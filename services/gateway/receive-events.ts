import type { FastifyReply, FastifyRequest } from 'fastify'
import type { ReadLimits } from '#events/read-limits.ts'
import { readMessage } from '#events/read-message.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Span, Tracing } from '#telemetry/tracing.ts'
import { checkSchemas } from './check-schemas.ts'
import type { Dedup } from './dedup.ts'
import type { IngressBroker } from './ingress-broker.ts'
import { traceRecords } from './trace-records.ts'

export interface ReceiverOptions {
  readonly schemas: SchemaGate
  readonly dedup: Pick<Dedup, 'admit'>
  readonly tracing: Tracing | undefined
  readonly limits: ReadLimits
  /** Whether connections are to be closed after the answer that is under way. */
  readonly isStopping: () => boolean
}

/** Takes the events of one request into a Broker's log, and answers, also what refuses them. */
export type ReceiveEvents = (
  ingress: IngressBroker,
  request: FastifyRequest,
  reply: FastifyReply,
) => void

const EMPTY = Buffer.alloc(0)

interface Arrival {
  readonly ingress: IngressBroker
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/**
 * The way of one request: read and checked against CloudEvents, the data against its schema, repeats
 * left out, appended, and only when that is durable answered 202. The requests that one turn of the
 * event loop brings go this way together, one right after the other, while the processor's caches
 * hold what it takes.
 */
export function createReceiver(options: ReceiverOptions): ReceiveEvents {
  const { schemas, dedup, tracing, limits, isStopping } = options
  let arrived: Arrival[] = []
  const receive = ({ ingress, request: { raw, body }, reply }: Arrival) => {
    const started = performance.now()
    const { broker, metrics } = ingress
    const bytes = body instanceof Uint8Array ? body : EMPTY
    const { mode, events } = readMessage(raw.rawHeaders, bytes, limits)
    checkSchemas(schemas, broker, events, mode === 'batch')
    const log = ingress.writableLog()
    const { records, spans } = traceRecords(events, raw.headers, broker.key, tracing)
    dedup
      .admit(broker, records, (fresh) => log.append(fresh))
      .then((repeats) => {
        endSpans(spans)
        metrics.accepted(events.length, repeats, performance.now() - started)
        reply.code(202)
        if (repeats > 0 && repeats === events.length) reply.header('sluice-duplicate', 'true')
        if (isStopping()) reply.header('connection', 'close')
        reply.send()
      })
      .catch((error: unknown) => {
        endSpans(spans, error)
        refuse(reply, error)
      })
  }
  const receiveAll = () => {
    const all = arrived
    arrived = []
    for (const arrival of all) {
      try {
        receive(arrival)
      } catch (error) {
        refuse(arrival.reply, error)
      }
    }
  }
  return (ingress, request, reply) => {
    if (arrived.push({ ingress, request, reply }) === 1) setImmediate(receiveAll)
  }
}

function refuse(reply: FastifyReply, error: unknown): void {
  reply.send(error instanceof Error ? error : new Error(String(error)))
}

function endSpans(spans: readonly Span[], error?: unknown): void {
  if (spans.length === 0) return
  const reason = error === undefined ? undefined : String(error)
  for (const span of spans) span.end(reason)
}
