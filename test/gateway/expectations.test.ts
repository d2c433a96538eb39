import t from 'tap'
import { Problem } from '#problems/problem.ts'
import { rawExchange } from '../support/raw-exchange.ts'
import { aBroker, attribute, TestGateway } from './harness.ts'

const BROKEN = { ready: false, reason: 'Invalid', message: 'no' } as const
const FULL = new Problem('over-capacity', 'The queue is full', { retryAfterSeconds: 1 })

const gateway = await new TestGateway({
  brokers: [aBroker(), aBroker({ key: 'default/broken', readiness: BROKEN })],
}).start()
t.teardown(() => gateway.stop())

const head = (path: string, length: number) =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nce-specversion: 1.0\r\nce-id: ${path}\r\nce-source: /s\r\nce-type: t\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`

const REFUSED: readonly (readonly [why: string, path: string, length: number, status: number])[] = [
  ['too large', '/default/default', 10_000_000, 413],
  ['for a Broker that is not there', '/default/other', 10, 404],
  ['for a Broker that is not Ready', '/default/broken', 10, 503],
  ['for an address that is none', '/default', 10, 404],
]
for (const [why, path, length, status] of REFUSED) {
  t.test(`an event that is ${why} is ${status} before its body is sent`, async (t) => {
    const responses = await rawExchange(gateway.port, head(path, length))

    t.same(
      responses.map((each) => each.status),
      [status],
    )
    t.equal(responses[0]?.headers['connection'], 'close')
  })
}

t.test(
  'an event over capacity is 503 before its body is sent, and 202 when there is room',
  async (t) => {
    const send = (body: string) =>
      rawExchange(gateway.port, '', {
        responses: 1,
        send: (socket) => {
          socket.write(head('/default/default', body.length))
          socket.once('data', (chunk) => {
            if (chunk.toString('latin1').startsWith('HTTP/1.1 100')) socket.write(body)
          })
        },
      })

    gateway.logs.refusal = FULL
    const refused = await send('{"a":1}')
    gateway.logs.refusal = undefined
    const taken = await send('{"a":1}')

    t.same(
      refused.map(({ status }) => status),
      [503],
    )
    t.equal(refused[0]?.headers['retry-after'], '1')
    t.same(
      taken.map(({ status }) => status),
      [100, 202],
    )
    const [record] = await gateway.logs.records()
    t.equal(attribute(record, 'expect'), undefined)
    t.equal(Buffer.from(record?.event.data ?? []).toString(), '{"a":1}')
  },
)
