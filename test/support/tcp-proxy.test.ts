import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { TcpProxy } from './tcp-proxy.ts'

const PRODUCE = 0
const METADATA = 3

t.test('requests pass in order, however their bytes arrive', async (t) => {
  const { proxy, client, broker, answers } = await start(t)
  const seen: number[] = []
  proxy.onRequest = ({ correlationId }) => {
    seen.push(correlationId)
    return 'forward'
  }
  const bytes = Buffer.concat([
    request(METADATA, 1),
    request(PRODUCE, 2, 100_000),
    request(METADATA, 3),
  ])

  for (const piece of [bytes.subarray(0, 2), bytes.subarray(2, 5), bytes.subarray(5)]) {
    client.write(piece)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await until(() => answers().length === 3)

  t.same(seen, [1, 2, 3])
  t.same(answers(), [1, 2, 3])
  t.ok(broker.received().equals(bytes))
})

t.test('cut-before: none of the request leaves, all before it has', async (t) => {
  const { proxy, client, broker } = await start(t)
  const cut = proxy.next(PRODUCE, 'cut-before')

  client.write(Buffer.concat([request(METADATA, 1), request(PRODUCE, 2)]))
  await once(client, 'close')

  t.match(await cut, { apiKey: PRODUCE, correlationId: 2, connection: 1 })
  t.ok(broker.received().equals(request(METADATA, 1)))
  t.equal(proxy.connections, 0)
})

t.test('cut-within: half of the request leaves', async (t) => {
  const { proxy, client, broker } = await start(t)
  void proxy.next(PRODUCE, 'cut-within')

  client.write(request(PRODUCE, 1, 1000))
  await once(client, 'close')
  await until(() => broker.isClosed())

  t.ok(broker.received().equals(request(PRODUCE, 1, 1000).subarray(0, 506)))
})

t.test('cut-after: the request leaves, its answer does not come', async (t) => {
  const { proxy, client, broker, answers } = await start(t)
  void proxy.next(PRODUCE, 'cut-after')
  const bytes = Buffer.concat([request(METADATA, 1), request(PRODUCE, 2)])

  client.write(bytes)
  await once(client, 'close')

  t.ok(broker.received().equals(bytes))
  t.strictSame(answers().includes(2), false)
})

t.test('only the next request of that kind is cut', async (t) => {
  const { proxy, client, answers } = await start(t)
  void proxy.next(PRODUCE, 'cut-before')
  client.write(request(PRODUCE, 1))
  await once(client, 'close')

  const again = await open(t, proxy)
  again.socket.write(request(PRODUCE, 2))
  await until(() => again.answers().length === 1)

  t.same(answers(), [])
  t.same(again.answers(), [2])
})

t.test('a stalled proxy holds everything back, and loses nothing', async (t) => {
  const { proxy, client, broker, answers } = await start(t)
  proxy.stall()
  client.write(request(METADATA, 1))
  await new Promise((resolve) => setTimeout(resolve, 50))
  const whileStalled = broker.received().length

  proxy.goOn()
  await until(() => answers().length === 1)

  t.equal(whileStalled, 0)
  t.equal(client.destroyed, false)
})

t.test('a delay holds each piece back, each way', async (t) => {
  const { proxy, client, answers } = await start(t)
  proxy.delayMs = 30
  const start_ = performance.now()

  client.write(request(METADATA, 1))
  await until(() => answers().length === 1)

  t.ok(performance.now() - start_ >= 59)
})

t.test('a proxy that refuses closes new connections and keeps the others', async (t) => {
  const { proxy, client, answers } = await start(t)
  client.write(request(METADATA, 1))
  await until(() => answers().length === 1)
  proxy.isRefusing = true

  const refused = connect(proxy.port, '127.0.0.1')
  refused.on('error', () => {})
  await once(refused, 'close')
  client.write(request(METADATA, 2))
  await until(() => answers().length === 2)

  t.same(answers(), [1, 2])
})

t.test('bytes that are no requests pass as they are when it is told so', async (t) => {
  const { client, broker } = await start(t, true)

  client.write('hello')
  await until(() => broker.received().length === 5)

  t.equal(broker.received().toString(), 'hello')
})

async function start(t: Test, isOpaque = false) {
  const broker = await fakeBroker(t)
  const proxy = await TcpProxy.start({ target: broker.port, isOpaque })
  t.teardown(() => proxy.close())
  const { socket, answers } = await open(t, proxy)
  return { proxy, broker, client: socket, answers }
}

async function open(t: Test, proxy: TcpProxy) {
  const socket = connect(proxy.port, '127.0.0.1')
  const chunks: Buffer[] = []
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => {})
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  const answers = () => {
    const all = Buffer.concat(chunks)
    return Array.from({ length: all.length >> 3 }, (_, at) => all.readInt32BE(at * 8 + 4))
  }
  return { socket, answers }
}

/** Answers each request with its correlation id. */
async function fakeBroker(t: Test) {
  const chunks: Buffer[] = []
  const sockets: Socket[] = []
  let answered = 0
  const received = () => Buffer.concat(chunks)
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      chunks.push(chunk)
      const all = received()
      while (
        all.length >= answered + 12 &&
        all.length >= answered + 4 + all.readInt32BE(answered)
      ) {
        const answer = Buffer.alloc(8)
        answer.writeInt32BE(4, 0)
        answer.writeInt32BE(all.readInt32BE(answered + 8), 4)
        socket.write(answer)
        answered += 4 + all.readInt32BE(answered)
      }
    })
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  t.teardown(() => server.close())
  const { port } = server.address() as AddressInfo
  return { port, received, isClosed: () => sockets.every(({ destroyed }) => destroyed) }
}

function request(apiKey: number, correlationId: number, bodyBytes = 10): Buffer {
  const frame = Buffer.alloc(12 + bodyBytes, 7)
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt16BE(apiKey, 4)
  frame.writeInt16BE(9, 6)
  frame.writeInt32BE(correlationId, 8)
  return frame
}

async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 5000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never happened')
    await new Promise((resolve) => setTimeout(resolve, 2))
  }
}
