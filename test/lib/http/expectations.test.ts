import t, { type Test } from 'tap'
import { createServer } from '#http/create-server.ts'
import { listen } from '#http/listen.ts'
import { rawExchange } from '../../support/raw-exchange.ts'

const BODY = 'abc'
const REST = `POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`

async function serve(t: Test): Promise<number> {
  const server = createServer({ logger: { error: () => t.fail() }, bodyLimit: 100 })
  server.post('/echo', ({ body }, reply) => void reply.send(body ?? ''))
  t.teardown(() => server.close())
  const url = await listen(server, { host: '127.0.0.1', port: 0 }, ['HOST', 'PORT'])
  return Number(new URL(url).port)
}

const head = (lines: string, start = 'POST /echo HTTP/1.1') =>
  `${start}\r\nHost: a\r\n${lines}\r\n\r\n`

/** Sends the head, and the body only when 100 Continue has come, as whoever expects it does. */
const waiting = (port: number, bytes: string, body = BODY) =>
  rawExchange(port, '', {
    responses: 1,
    send: (socket) => {
      socket.write(bytes)
      socket.once('data', (chunk) => {
        if (chunk.toString('latin1').startsWith('HTTP/1.1 100')) socket.write(body)
      })
    },
  })

const CONTINUED: readonly (readonly [what: string, head: string, body?: string])[] = [
  ['with a length', head('Expect: 100-continue\r\nContent-Length: 3')],
  ['in any case', head('expect: 100-Continue\r\nContent-Length: 3')],
  ['twice', head('Expect: 100-continue\r\nExpect: 100-continue\r\nContent-Length: 3')],
  ['among empty members', head('Expect: , 100-continue,\r\nContent-Length: 3')],
  [
    'in chunks',
    head('Expect: 100-continue\r\nTransfer-Encoding: chunked'),
    '3\r\nabc\r\n0\r\n\r\n',
  ],
]
for (const [what, bytes, body] of CONTINUED) {
  t.test(`Expect: 100-continue ${what} is answered, and the body then read`, async (t) => {
    const responses = await waiting(await serve(t), bytes, body)

    t.same(
      responses.map(({ status }) => status),
      [100, 200],
    )
    t.equal(responses[1]?.body, BODY)
  })
}

const NOT_CONTINUED: readonly (readonly [what: string, bytes: string])[] = [
  ['there is no body', head('Expect: 100-continue')],
  ['the body is empty', head('Expect: 100-continue\r\nContent-Length: 0')],
  [
    'HTTP/1.0 knows no 100',
    `${head('Expect: 100-continue\r\nContent-Length: 3', 'POST /echo HTTP/1.0')}abc`,
  ],
  ['nothing is expected', `${head('Expect:\r\nContent-Length: 3')}abc`],
]
for (const [what, bytes] of NOT_CONTINUED) {
  t.test(`100 Continue is not sent where ${what}`, async (t) => {
    const responses = await rawExchange(await serve(t), bytes, { responses: 1 })

    t.same(
      responses.map(({ status }) => status),
      [200],
    )
  })
}

const LENGTH = 'Content-Length: 3'
const REFUSED: readonly (readonly [what: string, bytes: string, status: number])[] = [
  ['expects something else', head(`Expect: a-miracle\r\n${LENGTH}`), 417],
  ['expects something else, too', head(`Expect: 100-continue, a-miracle\r\n${LENGTH}`), 417],
  ['expects 100-continue with a value', head(`Expect: 100-continue=1\r\n${LENGTH}`), 417],
  ['expects 100-continue with a parameter', head(`Expect: 100-continue;a=b\r\n${LENGTH}`), 417],
  ['expects something else without a body', head('Expect: a-miracle'), 417],
  ['expects something else in HTTP/1.0', head('Expect: a-miracle', 'POST /echo HTTP/1.0'), 417],
  ['is too large', head('Expect: 100-continue\r\nContent-Length: 101'), 413],
  ['goes to no address', head(`Expect: 100-continue\r\n${LENGTH}`, 'POST /none HTTP/1.1'), 404],
  [
    'goes to what is no address',
    head(`Expect: 100-continue\r\n${LENGTH}`, 'POST /%zz HTTP/1.1'),
    404,
  ],
  [
    'has a method that is not taken',
    head(`Expect: 100-continue\r\n${LENGTH}`, 'PUT /echo HTTP/1.1'),
    405,
  ],
]
for (const [what, bytes, status] of REFUSED) {
  t.test(`a request that ${what} is ${status} at once, and the connection closed`, async (t) => {
    const port = await serve(t)

    // Neither waits for a body: the first ends only when the server closes the connection.
    const [refused, ...others] = await rawExchange(port, bytes)
    const responses = await rawExchange(port, `${bytes}${REST}`)

    t.match(refused, {
      status,
      headers: { connection: 'close', 'content-type': 'application/problem+json' },
    })
    t.same(others, [], 'and no 100 Continue')
    t.same(
      responses.map((each) => each.status),
      [status],
      'what follows is not taken for a request',
    )
  })
}
