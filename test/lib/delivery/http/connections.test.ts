import { once } from 'node:events'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { networkInterfaces } from 'node:os'
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import { Connection, type ConnectionUser } from '#delivery/http/connection.ts'
import { HttpSubscriberClient } from '#delivery/http/http-subscriber-client.ts'
import { parseDestination } from '#delivery/http/parse-destination.ts'
import type { DeliveryRequest } from '#delivery/subscriber-client.ts'
import type { Clock } from '#time/clock.ts'
import { systemClock } from '#time/system-clock.ts'
import { anEvent } from '../../../support/an-event.ts'
import { CertificateAuthority } from '../../../support/certificate-authority.ts'
import { FakeClock } from '../../../support/fake-clock.ts'

const ACCEPTED = 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n'

function setUp(t: Test, clock: Clock = systemClock) {
  const client = new HttpSubscriberClient({ clock })
  t.teardown(() => client.close())
  const deliver = (
    destination: string,
    overrides: Partial<DeliveryRequest> = {},
    signal = new AbortController().signal,
  ) =>
    client.deliver(
      {
        destination,
        event: anEvent({}, '{}'),
        namespace: 'default',
        timeoutMs: 5000,
        trace: undefined,
        acceptReply: true,
        caCerts: undefined,
        format: 'binary',
        attributeEncoding: 'percent',
        maxHeaderBytes: 8192,
        ...overrides,
      },
      signal,
    )
  return { client, deliver }
}

interface Listening {
  readonly server: Server
  readonly port: number
  readonly url: string
  /** All connections so far. */
  readonly sockets: readonly Socket[]
}

/** A server that takes every piece that arrives for a request, and answers it as the test says. */
async function listen(
  t: Test,
  onData: (socket: Socket, sockets: readonly Socket[]) => void,
  host = '127.0.0.1',
): Promise<Listening> {
  const sockets: Socket[] = []
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    sockets.push(socket)
    socket.on('error', () => {}).on('end', () => socket.end())
    socket.on('data', () => onData(socket, sockets))
  })
  server.listen({ port: 0, host, backlog: 2048 })
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}/`
  return { server, port, url, sockets }
}

async function closed(socket: Socket | undefined): Promise<void> {
  if (socket === undefined || socket.closed) return
  await new Promise((resolve) => socket.resume().on('close', resolve))
}

/** In a timer: the event loop has not read the network yet, and does so next. */
function beforePolling<T>(task: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => setTimeout(() => task().then(resolve, reject), 1))
}

t.test('an answer that comes byte by byte', async (t) => {
  const { deliver } = setUp(t)
  const bytes = Buffer.from(
    'HTTP/1.1 200 OK\r\nce-specversion: 1.0\r\nce-id: r\r\nce-source: /s\r\nce-type: t\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nce-id: trailer\r\n\r\n',
  )
  const { url, sockets } = await listen(t, (socket) => {
    let at = 0
    const next = () => {
      socket.write(bytes.subarray(at, ++at))
      if (at < bytes.length) setImmediate(next)
    }
    next()
  })
  for (let i = 0; i < 2; i++) {
    const outcome = await deliver(url)
    const reply = outcome.kind === 'delivered' ? outcome.reply : undefined
    t.equal(reply?.attributes.get('id'), 'r', 'a trailer is no attribute')
    t.equal(reply?.data && Buffer.from(reply.data).toString(), 'abcde')
  }
  t.equal(sockets.length, 1, 'and its connection is used again')
})

t.test('an answer before the request has been read', async (t) => {
  const { deliver } = setUp(t)
  const event = anEvent({}, Buffer.alloc(16 * 1024 * 1024))
  const { url, sockets } = await listen(t, (socket) => {
    socket.pause()
    socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')
  })
  for (let i = 0; i < 2; i++) {
    t.match(await deliver(url, { event }), { kind: 'failed', status: 413, retryable: false })
    await closed(sockets[i])
  }
  t.equal(sockets.length, 2, 'its connection is not used again')

  const hasty = await listen(t, (socket) => {
    socket.end('HTTP/1.1 413 Too Large\r\nconnection: close\r\n\r\n', () => socket.destroy())
  })
  const outcome = await deliver(hasty.url, { event })
  t.equal(outcome.kind, 'failed', 'the reset may overtake the answer')
  t.ok(!('status' in outcome) || outcome.status === 413)
})

t.test('bytes on an idle connection', async (t) => {
  const { deliver } = setUp(t)
  const { url, sockets } = await listen(t, (socket) => socket.write(ACCEPTED))
  t.match(await deliver(url), { kind: 'delivered', status: 202 })
  sockets[0]?.write('HTTP/1.1 500 Stray\r\ncontent-length: 0\r\n\r\n')
  await closed(sockets[0])
  t.match(await deliver(url), { kind: 'delivered', status: 202 }, 'close it')

  const outcome = await beforePolling(() => {
    sockets[1]?.write('HTTP/1.1 500 Stray\r\ncontent-length: 0\r\n\r\n')
    return deliver(url)
  })
  t.match(outcome, { kind: 'delivered', status: 202 }, 'answer nothing that is sent after them')
  t.equal(sockets.length, 3)

  const other = await listen(t, (socket) => socket.write(`${ACCEPTED}x`))
  for (let i = 0; i < 3; i++) t.match(await deliver(other.url), { kind: 'delivered' })
  t.equal(other.sockets.length, 3, 'in one piece with the answer they close it too')
})

t.test(
  'a connection that the server closes before the next request is not used for it',
  async (t) => {
    const { deliver } = setUp(t)
    const { url, sockets } = await listen(t, (socket) => socket.write(ACCEPTED))
    for (let i = 0; i < 10; i++) {
      const outcome = await beforePolling(() => {
        sockets.at(-1)?.end()
        return deliver(url)
      })
      t.match(outcome, { kind: 'delivered' })
    }
    t.equal(sockets.length, 10)
  },
)

t.test('idle connections close in time', async (t) => {
  const clock = new FakeClock()
  const { deliver } = setUp(t, clock)
  let keepAlive = ''
  const { url, sockets } = await listen(t, (socket) => {
    socket.write(`HTTP/1.1 200 OK\r\n${keepAlive}content-length: 0\r\n\r\n`)
  })
  const rows: readonly (readonly [string, number])[] = [
    ['', 4000],
    ['keep-alive: timeout=9\r\n', 7000],
  ]
  for (const [header, idleMs] of rows) {
    keepAlive = header
    const before = sockets.length
    for (let i = 0; i < 3; i++) {
      t.match(await deliver(url), { kind: 'delivered' })
      clock.advance(idleMs - 1)
    }
    t.equal(sockets.length, before + 1, `one connection, ${header}`)
    clock.advance(1)
    await closed(sockets.at(-1))
  }
  t.equal(clock.pending, 0)
})

t.test('a server of HTTP/1.0', async (t) => {
  const { deliver } = setUp(t)
  const { url, sockets } = await listen(t, (socket) => {
    socket.end('HTTP/1.0 503 Busy\r\nretry-after: 3\r\n\r\nbusy')
  })
  for (let i = 0; i < 2; i++) {
    t.match(await deliver(url), {
      kind: 'failed',
      status: 503,
      retryAfterMs: 3000,
      responseData: Buffer.from('busy'),
    })
  }
  t.equal(sockets.length, 2)
})

t.test('many headers', async (t) => {
  const { deliver } = setUp(t)
  const fields = Array.from({ length: 2000 }, (_, i) => `x-${i}: ${'y'.repeat(40)}\r\n`).join('')
  const { url } = await listen(t, (socket) => {
    socket.write(`HTTP/1.1 500 No\r\n${fields}kne-last: yes\r\ncontent-length: 0\r\n\r\n`)
  })
  t.match(await deliver(url), { status: 500, responseExtensions: { last: 'yes' } })
})

const hasIPv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
)

t.test('IPv6', { skip: hasIPv6 ? false : 'this machine has none' }, async (t) => {
  const { deliver } = setUp(t)
  const { url, sockets } = await listen(t, (socket) => socket.write(ACCEPTED), '::1')
  t.match(await deliver(url), { kind: 'delivered' })
  t.match(await deliver(url), { kind: 'delivered' })
  t.equal(sockets.length, 1)
})

/** Listens, and never accepts. */
const DEAF = `
  const { createServer } = require('node:net')
  const { parentPort } = require('node:worker_threads')
  const server = createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port)
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20000)
  })`

t.test('the deadline holds while a connection is not established', async (t) => {
  const { deliver } = setUp(t)
  const worker = new Worker(DEAF, { eval: true })
  const [port]: number[] = await once(worker, 'message')
  const fillers = Array.from({ length: 5 }, () =>
    connect(port ?? 0, '127.0.0.1').on('error', () => {}),
  )
  t.teardown(async () => {
    for (const filler of fillers) filler.destroy()
    await worker.terminate()
  })
  await once(fillers[0] as Socket, 'connect')
  const host = `127.0.0.1:${port}`
  const outcomes = await Promise.all(
    [100, 100, 150].map((timeoutMs) => deliver(`http://${host}/`, { timeoutMs })),
  )
  t.ok(
    fillers.some(({ connecting }) => connecting),
    'nobody gets through',
  )
  for (const outcome of outcomes) {
    t.match(outcome, { kind: 'failed', retryable: true, error: `${host} did not answer in full` })
    t.ok(outcome.durationMs >= 98 && outcome.durationMs < 1000, `${outcome.durationMs} ms`)
  }
})

t.test('what ends before it has been sent costs no connection', async (t) => {
  const { client, deliver } = setUp(t)
  const { url, sockets } = await listen(t, (socket) => socket.write(ACCEPTED))
  const control = new AbortController()
  const interrupted = deliver(url, {}, control.signal)
  control.abort()
  t.match(await interrupted, { kind: 'failed', error: /^Interrupted/ })
  const last = deliver(url)
  const end = client.close()
  t.match(await last, { kind: 'delivered' }, 'what was asked for before closing is still sent')
  await end
  t.equal(sockets.length, 1)
})

t.test('a mistake in reading an answer ends that exchange only', async (t) => {
  const { url, sockets } = await listen(t, (socket) => {
    socket.write('HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx')
  })
  for (const part of ['onHead', 'onBody', 'onComplete'] as const) {
    await throwsIn(t, part, url)
    await closed(sockets.at(-1))
  }
})

t.test(
  'a mistake in reading an answer that ends with its connection ends no process',
  async (t) => {
    const { url, sockets } = await listen(t, (socket) => {
      socket.end('HTTP/1.1 200 OK\r\n\r\nx')
    })
    await throwsIn(t, 'onComplete', url)
    await closed(sockets.at(-1))
  },
)

/** Sends a request whose user throws in `part`: it is told what was thrown, and the connection closes. */
async function throwsIn(
  t: Test,
  part: 'onHead' | 'onBody' | 'onComplete',
  url: string,
): Promise<void> {
  const destination = parseDestination(url)
  if (destination === undefined) throw new Error(url)
  const bug = new TypeError('a bug')
  const closing: Connection[] = []
  const owner = { onSession: () => {}, onClose: (one: Connection) => closing.push(one) }
  const connection = new Connection(destination, { session: undefined, trusted: undefined }, owner)
  const fault = await new Promise((resolve) => {
    const user: ConnectionUser = {
      onHead: () => {},
      onBody: () => true,
      onComplete: () => {},
      onFailure: resolve,
      [part]: () => {
        throw bug
      },
    }
    connection.send({ head: Buffer.from('POST / HTTP/1.1\r\n\r\n'), body: undefined }, user)
  })
  t.equal(fault, bug, part)
  t.strictSame(closing, [connection])
}

t.test('no socket is left, however exchanges ended', async (t) => {
  const { client, deliver } = setUp(t)
  let requests = 0
  const { server, url, sockets } = await listen(t, (socket) => {
    const kind = requests++ % 5
    if (kind === 0) socket.destroy()
    else if (kind === 1) socket.write('HTTP/1.1 2')
    else if (kind === 2) socket.write('nonsense')
    else socket.write(ACCEPTED)
  })
  const control = new AbortController()
  let ended = 0
  const all = Array.from({ length: 1000 }, async () => {
    const outcome = await deliver(url, { timeoutMs: 20_000 }, control.signal)
    ended += 1
    if (ended === 800) control.abort()
    return outcome
  })
  const outcomes = await Promise.all(all)
  t.equal(outcomes.filter(({ kind }) => kind === 'delivered').length, 400)
  await client.close()
  await Promise.all(sockets.map(closed))
  const open = await new Promise((resolve) => server.getConnections((_, count) => resolve(count)))
  t.equal(open, 0)
  t.equal(sockets.length, 1000)
})

async function listenSecurely(t: Test, hosts: readonly string[], authority: CertificateAuthority) {
  const requests: string[] = []
  const sockets: TLSSocket[] = []
  const server = createHttpsServer(
    authority.issue({ commonName: 'subscriber', hosts }),
    (request, response) => {
      const chunks: Buffer[] = []
      requests.push(`${request.headers.host}`)
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => {
        response.setHeader('ce-specversion', '1.0').setHeader('ce-id', 'r')
        response.setHeader('ce-source', '/s').setHeader('ce-type', 't')
        response.end(Buffer.concat(chunks))
      })
    },
  )
  server.on('secureConnection', (socket) => sockets.push(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.close()
    server.closeAllConnections()
  })
  return { server, port: (server.address() as AddressInfo).port, requests, sockets }
}

t.test('TLS', async (t) => {
  const authority = new CertificateAuthority()
  const trusted = getCACertificates('default')
  t.teardown(() => setDefaultCACertificates(trusted))
  const { deliver } = setUp(t)
  const good = await listenSecurely(t, ['localhost', '127.0.0.1'], authority)
  const other = await listenSecurely(t, ['elsewhere.example'], authority)

  const unknown = await deliver(`https://localhost:${good.port}/`)
  t.match(unknown, {
    kind: 'failed',
    retryable: true,
    error: /The connection to localhost:\d+ fai/,
  })
  setDefaultCACertificates([...trusted, authority.cert])
  for (const host of ['localhost', '127.0.0.1']) {
    const destination = `https://${host}:${other.port}/`
    const error = `The connection to ${host}:${other.port} failed (ERR_TLS_CERT_ALTNAME_INVALID)`
    t.match(await deliver(destination), { kind: 'failed', retryable: true, error }, host)
    t.match(await deliver(destination), { kind: 'failed', retryable: true, error }, 'and again')
  }
  t.strictSame([...good.requests, ...other.requests], [], 'and nothing was sent')

  for (const host of ['localhost', '127.0.0.1']) {
    const destination = `https://${host}:${good.port}/`
    const before = good.sockets.length
    for (const size of [1, 10_000, 1_000_000, 100_000]) {
      const event = anEvent({}, Buffer.alloc(size, 'x'))
      const outcome = await deliver(destination, { event })
      const reply = outcome.kind === 'delivered' ? outcome.reply : undefined
      t.ok(reply?.data && event.data && Buffer.compare(reply.data, event.data) === 0, `${size}`)
    }
    t.equal(good.sockets.length, before + 1, 'over one connection')
    await Promise.all([deliver(destination), deliver(destination)])
    const [second] = good.sockets.slice(before + 1)
    t.equal(second?.isSessionReused(), true, 'the second one resumes its session')
  }
})

t.test('answers on many connections at a time are not mixed up', async (t) => {
  const authority = new CertificateAuthority()
  const trusted = getCACertificates('default')
  setDefaultCACertificates([...trusted, authority.cert])
  t.teardown(() => setDefaultCACertificates(trusted))
  const { port } = await listenSecurely(t, ['localhost'], authority)
  const { deliver } = setUp(t)
  const outcomes = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      deliver(`https://localhost:${port}/`, { event: anEvent({}, Buffer.alloc(300_000, i)) }),
    ),
  )
  for (const [i, outcome] of outcomes.entries()) {
    const data = outcome.kind === 'delivered' ? outcome.reply?.data : undefined
    t.ok(data?.length === 300_000 && data.every((byte) => byte === i), `${i}`)
  }
})
