import type { IncomingMessage } from 'node:http'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { contentMode } from '#events/content-mode.ts'
import type { CloudEvent } from '#events/event.ts'
import type { ReadLimits } from '#events/read-limits.ts'
import { readMessage } from '#events/read-message.ts'
import { readPreference } from '#http/read-preference.ts'
import { outcomesDocument } from '#problems/problem-document.ts'
import type { SchemaGate } from '#schemas/schema-gate.ts'
import type { Span, Tracing } from '#telemetry/tracing.ts'
import type { Broker } from '#triggers/trigger.ts'
import { checkSchemas } from './check-schemas.ts'
import type { Dedup } from './dedup.ts'
import type { IngressBroker } from './ingress-broker.ts'
import { LenientBatch } from './lenient-batch.ts'
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

/** The events of a request that are to be stored. */
interface Received {
  readonly events: readonly CloudEvent[]
  /** The batch that they are the good ones of, where the sender prefers that to all or nothing. */
  readonly batch: LenientBatch | undefined
}

/**
 * The way of one request: read and checked against CloudEvents, the data against its schema, repeats
 * left out, appended, and only when that is durable answered 202. The requests that one turn of the
 * event loop brings go this way together, one right after the other, while the processor's caches
 * hold what it takes.
 */
export function createReceiver(options: ReceiverOptions): ReceiveEvents {
  const { dedup, tracing, isStopping } = options
  let arrived: Arrival[] = []
  const receive = ({ ingress, request: { raw, body }, reply }: Arrival) => {
    const started = performance.now()
    const { broker, metrics } = ingress
    const { events, batch } = read(raw, body instanceof Uint8Array ? body : EMPTY, broker, options)
    const log = ingress.writableLog()
    const { records, spans } = traceRecords(events, raw.headers, broker.key, tracing)
    dedup
      .admit(broker, records, (fresh) => log.append(fresh))
      .then((repeats) => {
        endSpans(spans)
        metrics.accepted(events.length, repeats.length, performance.now() - started)
        for (const problem of batch?.problems ?? []) {
          if (problem !== undefined) metrics.rejected(problem.type)
        }
        if (isStopping()) reply.header('connection', 'close')
        accept(reply, batch?.problems.length ?? events.length, repeats, batch)
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

function read(
  { headers, rawHeaders }: IncomingMessage,
  body: Uint8Array,
  broker: Broker,
  options: ReceiverOptions,
): Received {
  const { prefer } = headers
  if (prefer !== undefined && isLenient(String(prefer)) && contentMode(rawHeaders) === 'batch') {
    const batch = LenientBatch.read(body, broker, options)
    return { events: batch.events, batch }
  }
  const { mode, events } = readMessage(rawHeaders, body, options.limits)
  checkSchemas(options.schemas, broker, events, mode === 'batch')
  return { events, batch: undefined }
}

/** RFC 7240, section 4.4. */
function isLenient(prefer: string): boolean {
  return readPreference(prefer, 'handling')?.toLowerCase() === 'lenient'
}

function accept(
  reply: FastifyReply,
  size: number,
  repeats: readonly number[],
  batch: LenientBatch | undefined,
): void {
  reply.code(202)
  if (repeats.length > 0 && repeats.length === size) reply.header('sluice-duplicate', 'true')
  if (batch === undefined) {
    reply.send()
    return
  }
  reply.header('preference-applied', 'handling=lenient')
  reply.header('content-type', 'application/json')
  reply.send(outcomesDocument(batch.outcomes(repeats)))
}

function refuse(reply: FastifyReply, error: unknown): void {
  reply.send(error instanceof Error ? error : new Error(String(error)))
}

function endSpans(spans: readonly Span[], error?: unknown): void {
  if (spans.length === 0) return
  const reason = error === undefined ? undefined : String(error)
  for (const span of spans) span.end(reason)
}
