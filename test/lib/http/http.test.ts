import t, { type Test } from 'tap'
import { bearerCheck } from '#http/bearer-check.ts'
import { BodyBudget } from '#http/body-budget.ts'
import { checkHost } from '#http/check-host.ts'
import { createServer, type ServerOptions } from '#http/create-server.ts'
import { httpErrorProblem } from '#http/http-error-problem.ts'
import { isLoopback } from '#http/is-loopback.ts'
import { listen } from '#http/listen.ts'
import { requestPath } from '#http/request-path.ts'
import { ServedPaths } from '#http/served-paths.ts'
import { stopServer } from '#http/stop-server.ts'
import { Problem } from '#problems/problem.ts'
import { readProblemPages } from '#problems/read-problem-pages.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { rawExchange } from '../../support/raw-exchange.ts'

const ANYWHERE = { host: '127.0.0.1', port: 0 }
const SETTINGS = ['HOST', 'PORT'] as const

async function serve(t: Test, options: Partial<ServerOptions> = {}) {
  const logged: unknown[][] = []
  const logger = { error: (...line: unknown[]) => void logged.push(line) }
  const problems: string[] = []
  const server = createServer({
    logger,
    bodyLimit: 64 * 1024,
    onProblem: (type) => problems.push(type),
    ...options,
  })
  server.post('/echo', ({ body }, reply) => void reply.send(body ?? 'nothing'))
  server.post('/bug', () => {
    throw new TypeError('secret')
  })
  server.post('/late-bug', async () => {
    throw Object.assign(new Error('secret'), { statusCode: 500 })
  })
  server.post('/strange-bug', async () => Promise.reject('secret'))
  const start = async () => Number(new URL(await listen(server, ANYWHERE, SETTINGS)).port)
  t.teardown(() => server.close())
  return { server, start, logged, problems }
}

const post = (path: string, headers = '', body = '') =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${headers}Content-Length: ${body.length}\r\n\r\n${body}`

t.test('createServer() hands on every body as it came', async (t) => {
  const { start } = await serve(t)
  const port = await start()
  const types = ['', 'xyz', 'application/json', 'text/plain;charset=utf-16', ';;;', 'a/b/c', '\xff']
  for (const type of types) {
    const header = type === '' ? '' : `Content-Type: ${type}\r\n`
    const bytes = Buffer.from(post('/echo', header, '\xff{"__proto__":1}'), 'latin1')
    const [answer] = await rawExchange(port, bytes)
    t.equal(answer?.status, 200, JSON.stringify(type))
    t.equal(answer?.body, '\xff{"__proto__":1}', JSON.stringify(type))
  }
  const [empty] = await rawExchange(port, post('/echo', 'Content-Type: application/json\r\n'))
  t.match(empty, { status: 200, body: '' })
})

t.test('createServer() hides a bug, and logs it once', async (t) => {
  const { start, logged, problems } = await serve(t)
  const port = await start()
  for (const path of ['/bug', '/late-bug', '/strange-bug']) {
    logged.length = 0
    const [answer] = await rawExchange(port, post(path))
    t.equal(answer?.status, 500, path)
    t.notMatch(answer?.body, 'secret', path)
    t.equal(logged.length, 1, path)
    t.match(logged[0], [{ instance: JSON.parse(answer?.body ?? '').instance }])
  }
  t.same(problems, ['internal', 'internal', 'internal'])
})

t.test('createServer() has other limits for batches', async (t) => {
  const { start } = await serve(t, { bodyLimit: 10, batchBodyLimit: 100 })
  const port = await start()
  const rows: readonly [string, number, number][] = [
    ['text/plain', 10, 200],
    ['text/plain', 11, 413],
    ['application/cloudevents+json', 11, 413],
    ['application/cloudevents-batch+json', 100, 200],
    ['Application/CloudEvents-Batch+json; charset=utf-8', 100, 200],
    ['application/cloudevents-batch+json', 101, 413],
  ]
  for (const [type, length, status] of rows) {
    const headers = `Content-Type: ${type}\r\n`
    const body = 'x'.repeat(length)
    const [known] = await rawExchange(port, post('/echo', headers, body))
    t.equal(known?.status, status, `${type} ${length}`)
    const chunked = post('/echo', headers).replace(
      'Content-Length: 0',
      'Transfer-Encoding: chunked',
    )
    const [unknown] = await rawExchange(
      port,
      `${chunked}${length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    )
    t.equal(unknown?.status, status, `${type} ${length} chunked`)
  }
})

t.test('createServer() bounds the bytes of all large bodies together', async (t) => {
  const { start } = await serve(t, { bodyLimit: 50_000, maxBodyBytes: 1 })
  const port = await start()
  const body = 'x'.repeat(40_000)
  const gate = Promise.withResolvers<void>()
  const head = post('/echo', 'Expect: 100-continue\r\n', body).slice(0, -body.length)
  const expected = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
  const begun = expected.map(({ resolve }) =>
    rawExchange(port, '', {
      send: (socket) => {
        socket.write(head)
        socket.once('data', () => {
          resolve()
          void gate.promise.then(() => socket.write(body))
        })
      },
    }),
  )
  await Promise.all(expected.map(({ promise }) => promise))
  const [full] = await rawExchange(port, head, { responses: 1 })
  t.match(full, { status: 503, headers: { 'retry-after': '1' } }, 'no room for a third')
  const [small] = await rawExchange(port, post('/echo', '', 'small'))
  t.equal(small?.status, 200, 'small ones go on')

  gate.resolve()
  for (const responses of await Promise.all(begun)) t.equal(responses.at(-1)?.status, 200)
  const [after] = await rawExchange(port, post('/echo', '', body))
  t.equal(after?.status, 200, 'and then there is room again')
  const chunked = post('/echo').replace('Content-Length: 0', 'Transfer-Encoding: chunked')
  for (let count = 0; count < 5; count++) {
    const [answer] = await rawExchange(
      port,
      `${chunked}${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    )
    t.equal(answer?.status, 200, 'chunked bodies give their room back')
  }
})

t.test('BodyBudget takes and gives', async (t) => {
  const budget = new BodyBudget(10)
  budget.take(6)
  t.match(
    thrownBy(() => budget.take(5)),
    { type: 'over-capacity', retryAfterSeconds: 1 },
  )
  budget.give(6)
  budget.take(10)
  t.equal(budget.taken, 10)
})

t.test('createServer() explains every problem', async (t) => {
  const { server } = await serve(t)
  const list = await server.inject({ url: '/problems', headers: { host: 'a' } })
  for (const [type, page] of readProblemPages()) {
    const answer = await server.inject({ url: `/problems/${type}`, headers: { host: 'a' } })
    t.equal(answer.body, page, type)
    t.ok(list.json().problems.includes(`/problems/${type}`), type)
  }
  t.equal((await server.inject('/problems/none')).statusCode, 404)
})

t.test('stopServer() waits for what is under way, and no longer than it may', async (t) => {
  const clock = new FakeClock()
  const { server, start } = await serve(t)
  const under = Promise.withResolvers<void>()
  server.get('/hang', () => {
    under.resolve()
    return new Promise(() => {})
  })
  const port = await start()
  const cut = rawExchange(port, 'GET /hang HTTP/1.1\r\nHost: a\r\n\r\n')
  await under.promise

  let isStopped = false
  const stopped = stopServer(server, clock, 5000).then(() => {
    isStopped = true
  })
  clock.advance(4999)
  await new Promise((resolve) => setImmediate(resolve))
  t.notOk(isStopped)
  clock.advance(1)
  await stopped

  t.same(await cut, [])
  t.equal(clock.pending, 0)
})

t.test('listen() says what to do', async (t) => {
  const { server, start } = await serve(t)
  const port = await start()
  const other = createServer({ logger: { error: () => {} }, bodyLimit: 1 })
  t.teardown(() => other.close())
  await t.rejects(listen(other, { host: '127.0.0.1', port }, SETTINGS), {
    message: `Cannot listen on 127.0.0.1:${port}: the port is taken; end the other program, or set PORT to another port`,
  })
  await t.rejects(listen(other, { host: '192.0.2.1', port: 0 }, SETTINGS), {
    message: /192\.0\.2\.1:0: this machine does not have the address; set HOST to one that it has/,
  })
  t.match(await listen(other, { host: '0.0.0.0', port: 0 }, SETTINGS), /^http:\/\/localhost:\d+$/)
  t.ok(server.server.listening)
})

t.test('checkHost()', async (t) => {
  const rows: readonly [string | undefined, string, boolean][] = [
    ['localhost', '127.0.0.1', true],
    ['LOCALHOST:8081', '127.0.0.1', true],
    ['localhost.', '127.0.0.1', true],
    ['127.0.0.1:8081', '127.0.0.1', true],
    ['127.9.9.9', '127.0.0.1', true],
    ['[::1]:8081', '127.0.0.1', true],
    ['admin.example:8081', 'Admin.Example', true],
    ['192.0.2.7:8081', '192.0.2.7', true],
    ['192.0.2.7:8081', '0.0.0.0', true],
    ['[2001:db8::1]:8081', '::', true],
    [undefined, '127.0.0.1', false],
    ['', '127.0.0.1', false],
    ['evil.example', '127.0.0.1', false],
    ['evil.example', '0.0.0.0', false],
    ['localhost.evil.example', '127.0.0.1', false],
    ['127.0.0.1.evil.example', '127.0.0.1', false],
    ['127.evil.example', '127.0.0.1', false],
    ['evil.example:127.0.0.1', '127.0.0.1', false],
    ['192.0.2.7', '127.0.0.1', false],
    ['[::1', '127.0.0.1', false],
    ['[evil]', '::', false],
  ]
  for (const [header, listening, isRight] of rows) {
    const name = `${header} at ${listening}`
    if (isRight) t.doesNotThrow(() => checkHost(header, listening), name)
    else
      t.match(
        thrownBy(() => checkHost(header, listening)),
        { type: 'host-refused' },
        name,
      )
  }
})

t.test('isLoopback()', async (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) t.ok(isLoopback(host), host)
  for (const host of ['', '0.0.0.0', '::', '10.0.0.1', '127.0.0.1.example', '127.x', 'a']) {
    t.notOk(isLoopback(host), host)
  }
})

t.test('bearerCheck()', async (t) => {
  const check = bearerCheck('s3cret')
  for (const header of ['Bearer s3cret', 'bearer s3cret', 'BEARER  s3cret ']) {
    t.doesNotThrow(() => check(header), header)
  }
  const wrong = [
    undefined,
    '',
    'Bearer',
    'Bearer ',
    's3cret',
    'Basic s3cret',
    'Bearer s3cre',
    'Bearer s3crets',
  ]
  for (const header of wrong) {
    t.match(
      thrownBy(() => check(header)),
      { type: 'unauthorized' },
      String(header),
    )
  }
})

t.test('requestPath()', async (t) => {
  const rows: readonly [string, string][] = [
    ['/a/b', '/a/b'],
    ['/a/b?c=/d', '/a/b'],
    ['/a#b', '/a'],
    ['/a%2F/b', '/a%2F/b'],
    ['http://host:1/a/b?c', '/a/b'],
    ['http://host', ''],
    ['*', '*'],
    ['', ''],
  ]
  for (const [target, path] of rows) t.equal(requestPath(target), path, target)
})

t.test('ServedPaths', async (t) => {
  const served = new ServedPaths()
  served.add('GET', '/a')
  served.add(['POST', 'DELETE'], '/a')
  served.add('GET', '/a/:id')
  served.add('POST', '/*')
  t.equal(served.allow('/a'), 'DELETE, GET, POST')
  t.equal(served.allow('/a/x'), 'GET')
  for (const path of ['/', '/b', '/a/', '/a/x/y', '/A', '']) t.equal(served.allow(path), undefined)
})

t.test('httpErrorProblem()', async (t) => {
  const problem = new Problem('not-found', 'x')
  t.equal(httpErrorProblem(problem), problem)
  const error = (fields: object) => Object.assign(new Error('secret'), fields)
  t.equal(httpErrorProblem(error({ statusCode: 418 }))?.type, 'request-malformed')
  t.equal(httpErrorProblem(error({ code: 'ECONNRESET' }))?.type, 'request-malformed')
  t.equal(httpErrorProblem(error({ code: 'FST_ERR_BAD_URL', statusCode: 400 }))?.type, 'not-found')
  for (const bug of [error({}), error({ statusCode: 500 }), error({ code: 'EIO' }), 'text', null]) {
    t.equal(httpErrorProblem(bug), undefined)
  }
})

function thrownBy(call: () => void): unknown {
  try {
    call()
  } catch (error) {
    return error
  }
  return undefined
}
