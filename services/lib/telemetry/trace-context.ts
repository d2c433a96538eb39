import { randomFillSync } from 'node:crypto'
import type { TraceContext } from '#events/trace-context.ts'
import { parseTraceparent } from './parse-traceparent.ts'
import { parseTracestate } from './parse-tracestate.ts'

const TRACE_ID_BYTES = 16
const PARENT_ID_BYTES = 8
const pool = Buffer.alloc((TRACE_ID_BYTES + PARENT_ID_BYTES) * 128)
let used = pool.length

/**
 * The trace context of one hop's headers, or `undefined` where there is none: without a valid
 * `traceparent`, `tracestate` does not count either (W3C Trace Context 2, section 3.2.2.5).
 */
export function readTraceContext(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext | undefined {
  const parent = traceparent === undefined ? undefined : parseTraceparent(traceparent)
  if (parent === undefined) return undefined
  const state = tracestate === undefined ? undefined : parseTracestate(tracestate)
  return state === undefined ? { traceparent: parent } : { traceparent: parent, tracestate: state }
}

/**
 * The trace context to send on when no span is recorded here: the one that came, so that what comes
 * next hangs below its sender; or a new trace. A new one is not marked as sampled, since nothing
 * of it is recorded (section 3.2.2.5.1), and its id is random (flag 02). Where `tracestate` had to be
 * shortened, the parent id is a new one, for it must not change while `traceparent` stands (section
 * 3.4).
 */
export function continueTrace(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext {
  const came = readTraceContext(traceparent, tracestate)
  if (came === undefined) {
    const traceId = randomHex(TRACE_ID_BYTES)
    return { traceparent: `00-${traceId}-${randomHex(PARENT_ID_BYTES)}-02` }
  }
  if (came.tracestate === undefined || came.tracestate === tracestate) return came
  const parentId = randomHex(PARENT_ID_BYTES)
  const renewed = `${came.traceparent.slice(0, 36)}${parentId}${came.traceparent.slice(52)}`
  return { traceparent: renewed, tracestate: came.tracestate }
}

function randomHex(bytes: number): string {
  if (used + bytes > pool.length) {
    randomFillSync(pool)
    used = 0
  }
  used += bytes
  return pool.toString('hex', used - bytes, used)
}
