import { randomFillSync } from 'node:crypto'
import type { TraceContext } from '#events/trace-context.ts'
import { parseTraceparent } from './parse-traceparent.ts'
import { parseTracestate } from './parse-tracestate.ts'

/** A trace id and a parent id. */
const IDS_BYTES = 24
const pool = Buffer.alloc(IDS_BYTES * 128)
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
 * of it is recorded (section 3.2.2.5.1), and its id is random (flag 02).
 */
export function continueTrace(
  traceparent: string | undefined,
  tracestate: string | undefined,
): TraceContext {
  return readTraceContext(traceparent, tracestate) ?? beginTrace()
}

function beginTrace(): TraceContext {
  if (used === pool.length) {
    randomFillSync(pool)
    used = 0
  }
  const hex = pool.toString('hex', used, used + IDS_BYTES)
  used += IDS_BYTES
  return { traceparent: `00-${hex.slice(0, 32)}-${hex.slice(32)}-02` }
}
