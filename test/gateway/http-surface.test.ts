import t from 'tap'
import { fuzzRequests, sendFuzzed } from '../support/fuzz-requests.ts'
import { fuzzSeed } from '../support/fuzz-seed.ts'
import { parseResponses, type RawResponse, rawExchange } from '../support/raw-exchange.ts'
import { attribute, TestGateway, until } from './harness.ts'

const CE = 'ce-specversion: 1.0\r\nce-source: /s\r\nce-type: t\r\n'
const LINE = 'POST /default/default HTTP/1.1\r\n'
const HEAD = `${LINE}Host: a\r\n${CE}`
const LIMITS = { maxEventBytes: 256 * 1024, maxBatchEvents: 100 }

let lastId = 0
const id = () => `ce-id: ${++lastId}\r\n`
const whole = (headers = '', body = '{}') =>
  `${HEAD}${id()}${headers}Content-Length: ${body.length}\r\n\r\n${body}`
const last = (headers = '', body = '{}') => whole(`Connection: close\r\n${headers}`, body)
const chunked = (body: string, headers = '') =>
  `${HEAD}${id()}Connection: close\r\n${headers}Transfer-Encoding: chunked\r\n\r\n${body}`

const gateway = await new TestGateway({
  limits: LIMITS,
  http: { headersTimeoutMs: 300, requestTimeoutMs: 600 },
}).start()
const { port } = gateway
t.teardown(() => gateway.stop())
const statuses = (responses: readonly RawResponse[]) => responses.map(({ status }) => status)

t.test('what a parser may stumble over', async (t) => {
  const rows: readonly [string, string, readonly number[]][] = [
    ['a chunked body', chunked('2\r\n{}\r\n0\r\n\r\n'), [202]],
    ['chunk extensions', chunked('2;a=b\r\n{}\r\n0\r\n\r\n'), [202]],
    ['trailers', chunked('2\r\n{}\r\n0\r\nce-id: x\r\n\r\n'), [202]],
    [
      'HTTP/1.0',
      `POST /default/default HTTP/1.0\r\n${CE}${id()}Content-Length: 2\r\n\r\n{}`,
      [202],
    ],
    ['absolute form', last().replace('POST /', 'POST http://example.com/'), [202]],
    ['Upgrade', last('Upgrade: websocket\r\n'), [202]],
    ['h2c', last('Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n'), [202]],
    ['5,000 headers', last('a: b\r\n'.repeat(5000)), [202]],
    ['64 KiB in one header', last(`ce-big: ${'x'.repeat(64 * 1024)}\r\n`), [202]],
    ['more than 80 KiB of headers', last(`ce-big: ${'x'.repeat(90 * 1024)}\r\n`), [431]],
    ['more than 80 KiB of small headers', last('aaaa: bbbb\r\n'.repeat(20_000)), [431]],
    ['a path of 100 KiB', `POST /${'x'.repeat(100_000)} HTTP/1.1\r\nHost: a\r\n\r\n`, [431]],
    ['no Host', last().replace('Host: a\r\n', ''), [400]],
    ['both lengths', chunked('2\r\n{}\r\n0\r\n\r\n', 'Content-Length: 2\r\n'), [400]],
    ['two different lengths', last('Content-Length: 3\r\n'), [400]],
    ['a length with a sign', `${HEAD}${id()}Content-Length: +2\r\n\r\n{}`, [400]],
    ['a negative length', `${HEAD}${id()}Content-Length: -2\r\n\r\n{}`, [400]],
    ['a hexadecimal length', `${HEAD}${id()}Content-Length: 0x2\r\n\r\n{}`, [400]],
    ['a length beyond 64 bits', `${HEAD}${id()}Content-Length: ${'9'.repeat(30)}\r\n\r\n{}`, [400]],
    ['an unknown transfer coding', last('Transfer-Encoding: xchunked\r\n'), [400]],
    ['chunked, and then more', last('Transfer-Encoding: chunked, identity\r\n'), [400]],
    ['a space before the colon', last('Transfer-Encoding : chunked\r\n'), [400]],
    ['a header name with a space', last('ce- x: 1\r\n'), [400]],
    ['NUL in a header', last('ce-x: a\0b\r\n'), [400]],
    ['a folded header', last('ce-x: a\r\n b\r\n'), [400]],
    ['a bare CR', last('ce-x: a\rb\r\n'), [400]],
    ['a bad chunk size', chunked('zz\r\n{}\r\n0\r\n\r\n'), [400]],
    ['a chunk size beyond 64 bits', chunked(`${'F'.repeat(20)}\r\n{}\r\n`), [400]],
    ['a chunk longer than it says', chunked('1\r\n{}\r\n0\r\n\r\n'), [400]],
    [
      'a flood of chunk extensions',
      chunked(`2;${'x'.repeat(90 * 1024)}\r\n{}\r\n0\r\n\r\n`),
      [400],
    ],
    ['HTTP/0.9', 'POST /default/default\r\n\r\n', [400]],
    ['HTTP/7.7', last().replace('HTTP/1.1', 'HTTP/7.7'), [400]],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', [400]],
    ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', [400]],
    ['rubbish', '\0\xff\r\n\r\n', [400]],
    ['OPTIONS *', 'OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', [404]],
    ['a strange expectation', last('Expect: a miracle\r\n'), [417]],
    ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n', []],
    [
      'pipelined',
      `${whole()}${HEAD}Content-Length: 0\r\n\r\n${whole()}${last()}`,
      [202, 400, 202, 202],
    ],
    ['a body longer than it says', `${whole()}rubbish\r\n\r\n`, [202, 400]],
    ['a request in a body', last('', `${whole()}`), [202]],
    [
      'a body for GET',
      `GET /healthz HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n123456789${last()}`,
      [200, 202],
    ],
    ['chunked, too large', chunked(`${'40001\r\n'}${'x'.repeat(0x40001)}\r\n`.repeat(3)), [413]],
  ]
  for (const [name, bytes, expected] of rows) {
    const responses = await rawExchange(port, Buffer.from(bytes, 'latin1'))
    t.same(statuses(responses), expected, `${name}: ${expected}`)
    for (const { status, headers, body } of responses) {
      if (status < 400) continue
      t.equal(headers['content-type'], 'application/problem+json', `${name}: a problem`)
      t.equal(JSON.parse(body).status, status, `${name}: whose status is that of the answer`)
      t.notMatch(body, /node_modules|\.ts|HPE_|ERR_|llhttp/, `${name}: without internals`)
    }
  }
  const records = await gateway.logs.records()
  t.ok(
    records.every((record) => attribute(record, 'id') !== 'x'),
    'a trailer is no attribute',
  )
  t.same(gateway.lines, [], 'and none of it makes a log line')
})

t.test('text of the request comes back bounded and escaped', async (t) => {
  const header = `ce-time: \u00e9\u009b${'A'.repeat(5000)}\r\n`
  const [answer] = await rawExchange(port, Buffer.from(last(header), 'latin1'))
  t.equal(answer?.status, 400)
  t.match(answer?.body, /^[\x20-\x7e]+$/)
  t.ok((answer?.body.length ?? 0) < 2000)
})

t.test('a refused body is thrown away, and the connection goes on', async (t) => {
  const big = 'x'.repeat(4 * 1024 * 1024)
  const responses = await rawExchange(port, `${whole('', big)}${last()}`)
  t.same(statuses(responses), [413, 202])
})

t.test('an answer that is under way comes before the 400', async (t) => {
  const gate = Promise.withResolvers<void>()
  const { appends } = gateway.logs
  gateway.logs.beforeAppend = () => gate.promise
  const exchange = rawExchange(port, `${whole()}${whole()}rubbish\r\n\r\n`)
  await until(() => gateway.logs.appends === appends + 2)
  gate.resolve()
  t.same(statuses(await exchange), [202, 202, 400])
  gateway.logs.beforeAppend = () => {}
})

t.test('a slow sender gets 408', async (t) => {
  const slow = (bytes: string) =>
    rawExchange(port, '', {
      send: (socket) => {
        let at = 0
        const timer = setInterval(() => socket.write(bytes[at++] ?? ''), 20)
        socket.on('close', () => clearInterval(timer))
      },
    })
  const [silent, headers, body] = await Promise.all([
    rawExchange(port, ''),
    slow(HEAD),
    rawExchange(port, `${HEAD}${id()}Content-Length: 100\r\n\r\n{`),
  ])
  for (const responses of [silent, headers, body]) {
    t.same(statuses(responses), [408])
    t.equal(JSON.parse(responses[0]?.body ?? '{}').type, '/problems/request-timeout')
  }
})

t.test('whoever closes early leaves nothing behind', async (t) => {
  const { appends } = gateway.logs
  await rawExchange(port, '', {
    send: (socket) => {
      socket.write(`${HEAD}${id()}Content-Length: 100\r\n\r\n{`, () => socket.resetAndDestroy())
    },
  })
  const [half] = await rawExchange(port, '', {
    send: (socket) => socket.end(`${HEAD}${id()}Content-Length: 100\r\n\r\n{`),
  })
  t.equal(half?.status, 400)
  t.equal(gateway.logs.appends, appends)
  t.same(gateway.lines, [])
})

t.test('seeded rubbish: no crash, no hang, no 5xx', async (t) => {
  const seed = fuzzSeed(1)
  const cases = Number(process.env['FUZZ_CASES'] ?? 400)
  const fuzz = fuzzRequests(seed)
  const one = async () => {
    const request = fuzz()
    const text = JSON.stringify(request.text)
    const responses = await sendFuzzed(port, request).catch((error) =>
      t.fail(`hangs (FUZZ_SEED=${seed}): ${text} ${error}`),
    )
    for (const { status } of Array.isArray(responses) ? responses : []) {
      if (status >= 500) t.fail(`${status} (FUZZ_SEED=${seed}): ${text}`)
    }
  }
  for (let done = 0; done < cases; done += 40) {
    await Promise.all(Array.from({ length: Math.min(40, cases - done) }, one))
  }
  const [answer] = await rawExchange(port, last())
  t.equal(answer?.status, 202, `it still takes events (FUZZ_SEED=${seed})`)
  t.same(gateway.lines, [], `and has logged nothing (FUZZ_SEED=${seed})`)
})

t.test('the reader of these tests keeps responses apart', async (t) => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabHTTP/1.1 404 No\r\n\r\n'
  t.same(statuses(parseResponses(text)), [200, 404])
})
