import type { ConformanceCase, DeliveryExpectation, Source } from '../conformance-case.ts'
import { binary, withHeaders } from '../requests.ts'

const PARENT: Source = { document: 'Trace Context', section: 'traceparent Header' }
const STATE: Source = { document: 'Trace Context', section: 'tracestate Header' }
const MUTATING: Source = { document: 'Trace Context', section: 'Mutating the traceparent Field' }

const TRACE = '0af7651916cd43dd8448eb211c80319c'
const SPAN = 'b7ad6b7169203331'
const VALID = `00-${TRACE}-${SPAN}-01`
const CONTINUED = new RegExp(`^00-${TRACE}-[0-9a-f]{16}-0[0-3]$`)
/** A valid one of another trace. */
const NEW = new RegExp(`^00-(?!${TRACE})(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$`)

type Headers = readonly (readonly [string, string])[]

function traced(
  id: string,
  source: Source,
  title: string,
  sent: Headers,
  headers: DeliveryExpectation['headers'] & object,
): ConformanceCase {
  return {
    id: `W-${id}`,
    level: 'MUST',
    source,
    title,
    send: [withHeaders(binary(), ...sent)],
    expect: { delivered: { main: [{ headers }] } },
  }
}

const parent = (value: string): Headers => [['traceparent', value]]

/** What happens to `traceparent` and `tracestate` on the way from producer to subscriber. */
export const TRACE_CASES: readonly ConformanceCase[] = [
  traced('continued', MUTATING, 'A trace goes on in the delivery', parent(VALID), {
    traceparent: CONTINUED,
  }),
  {
    ...traced('begun', MUTATING, 'A delivery without a trace begins one', [], { traceparent: NEW }),
    level: 'MAY',
    differs: 'trace-begun',
  },
  ...(
    [
      ['version-ff', `ff-${TRACE}-${SPAN}-01`],
      ['upper-case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
      ['zero-trace', `00-${'0'.repeat(32)}-${SPAN}-01`],
      ['zero-span', `00-${TRACE}-${'0'.repeat(16)}-01`],
      ['too-short', `00-${TRACE}-${SPAN}`],
      ['too-long', `${VALID}-more`],
      ['not-hex', `00-${TRACE.replace('0', 'g')}-${SPAN}-01`],
    ] as const
  ).map(([what, value]) =>
    traced(
      `invalid-${what}`,
      PARENT,
      `A traceparent that is invalid (${what.replace('-', ' ')}) is not continued, nor is its tracestate`,
      [...parent(value), ['tracestate', 'a=1']],
      { traceparent: NEW, tracestate: null },
    ),
  ),
  traced(
    'twice',
    PARENT,
    'Two traceparent headers are not continued',
    [...parent(VALID), ...parent(VALID.replace(SPAN, 'c'.repeat(16)))],
    { traceparent: NEW },
  ),
  traced(
    'future-version',
    PARENT,
    'A later version is read as far as this one goes',
    parent(`cc-${TRACE}-${SPAN}-01-what-the-future-brings`),
    { traceparent: CONTINUED },
  ),
  traced(
    'unknown-flags',
    PARENT,
    'Flags that are not known are sent on as 0',
    parent(`00-${TRACE}-${SPAN}-ff`),
    { traceparent: CONTINUED },
  ),
  traced(
    'random-flag',
    PARENT,
    'The random flag is kept (level 2)',
    parent(`00-${TRACE}-${SPAN}-02`),
    { traceparent: new RegExp(`^00-${TRACE}-[0-9a-f]{16}-0[23]$`) },
  ),
  traced(
    'state',
    STATE,
    'tracestate is forwarded in its order',
    [...parent(VALID), ['tracestate', 'b=2,a=1']],
    { tracestate: /^b=2, ?a=1$/ },
  ),
  traced(
    'state-joined',
    STATE,
    'Several tracestate headers are one list',
    [...parent(VALID), ['tracestate', 'b=2'], ['tracestate', 'a=1']],
    { tracestate: /^b=2, ?a=1$/ },
  ),
  traced(
    'state-digit',
    STATE,
    'A tracestate key may begin with a digit (level 2)',
    [...parent(VALID), ['tracestate', '1a=1,0@v=2']],
    { tracestate: /^1a=1, ?0@v=2$/ },
  ),
  traced(
    'state-32',
    STATE,
    'A tracestate of 32 members is forwarded whole',
    [...parent(VALID), ['tracestate', members(32)]],
    { tracestate: new RegExp(`^${members(32)}$`) },
  ),
  traced(
    'state-invalid',
    STATE,
    'A tracestate that is invalid is dropped, and the trace goes on',
    [...parent(VALID), ['tracestate', 'no value']],
    { traceparent: CONTINUED, tracestate: null },
  ),
  {
    id: 'D33-creation-context',
    level: 'SHOULD',
    source: { document: 'CloudEvents extensions', section: 'Distributed Tracing' },
    title: 'The trace context in which an event was created stays in the event as it is',
    send: [
      withHeaders(binary({ traceparent: VALID, tracestate: 'a=1' }), [
        'traceparent',
        VALID.replace(TRACE, 'c'.repeat(32)),
      ]),
    ],
    expect: {
      delivered: {
        main: [
          {
            attributes: { traceparent: VALID, tracestate: 'a=1' },
            headers: { traceparent: new RegExp(`^00-${'c'.repeat(32)}-`) },
          },
        ],
      },
    },
  },
]

function members(count: number): string {
  return Array.from({ length: count }, (_, index) => `k${index}=v`).join(',')
}
