import { createRequire } from 'node:module'
import { startTracing } from '#telemetry/open-telemetry/start-tracing.ts'
import { anEvent } from '../../support/an-event.ts'

// Run by tracing.test.ts: one event's two spans, as the environment asks for them. Prints the
// contexts that the next hops get, and which packages of OpenTelemetry were loaded.
const PARENT = '00-11111111111111111111111111111111-2222222222222222-01'
const CREATED = '00-33333333333333333333333333333333-4444444444444444-01'

const tracing = await startTracing(process.env, 'sluice')
const event = anEvent({ subject: 'task/1', traceparent: CREATED })
const ingress = tracing?.startIngress(
  { traceparent: PARENT, tracestate: '0a=1' },
  event,
  'default/orders',
)
ingress?.end()
const delivery = tracing?.startDelivery(
  ingress?.context,
  event,
  'default/audit',
  'http://user:secret@localhost:9/x?token=secret',
)
delivery?.end('localhost:9 answered 503', '503')
const begun = tracing?.startIngress(undefined, anEvent(), 'default/orders')
begun?.end()
const closing = performance.now()
await tracing?.close()
const loaded = Object.keys(createRequire(import.meta.url).cache)
console.log(
  JSON.stringify({
    contexts: [ingress?.context, delivery?.context, begun?.context],
    closedAfterMs: performance.now() - closing,
    loaded: loaded.filter((file) => file.includes('@opentelemetry')).length,
  }),
)
process.exit()
