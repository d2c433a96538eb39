import t from 'tap'
import { rawExchange } from '../support/raw-exchange.ts'
import { ScriptedSubscriber, status } from '../support/scripted-subscriber.ts'
import { PARENT_ID, TRACE_ID } from './harness-cases.ts'
import { TraceContextService } from './trace-context-service.ts'

t.test('the service makes the calls that the harness asks for, through Sluice', async (t) => {
  const harness = await ScriptedSubscriber.start(status(200, { body: 'null' }))
  t.teardown(() => harness.close())
  const service = await TraceContextService.start(t.testdir(), 0)
  t.teardown(() => service.close())
  const nested = [{ url: harness.url, arguments: [] }]
  const actions = [
    { url: `${harness.url}callback/a.0`, arguments: [] },
    { url: `${harness.url}callback/a.1`, arguments: nested },
    { url: 'http://example.com/', arguments: [] },
  ]
  const body = JSON.stringify(actions)
  const lines = [
    'POST /test HTTP/1.1',
    'Host: a',
    'Accept: application/json',
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    `TraceParent: \t00-${TRACE_ID}-${PARENT_ID}-03 `,
    'tracestate: foo=1',
    'tracestate: bar=2',
  ]

  const [answer] = await rawExchange(
    Number(new URL(service.url).port),
    `${lines.join('\r\n')}\r\n\r\n${body}`,
    { responses: 1 },
  )

  t.equal(answer?.status, 200, 'when all calls are made')
  const calls = [...(await harness.waitFor(2))].sort((a, b) => a.url.localeCompare(b.url))
  t.same(
    calls.map(({ method, url, body }) => [method, url, JSON.parse(body.toString())]),
    [
      ['POST', '/callback/a.0', []],
      ['POST', '/callback/a.1', nested],
    ],
  )
  for (const { headers } of calls) {
    t.match(headers['traceparent'], new RegExp(`^00-${TRACE_ID}-(?!${PARENT_ID})[0-9a-f]{16}-03$`))
    t.match(headers['tracestate'], /^foo=1, ?bar=2$/)
    t.equal(headers['content-type'], 'application/json')
  }
  const [first, second] = calls.map(({ headers }) => headers['traceparent'])
  t.not(first, second)
})
