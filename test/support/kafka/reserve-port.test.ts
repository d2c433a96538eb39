import { once } from 'node:events'
import { createServer } from 'node:net'
import t from 'tap'
import { releasePort, reservePort } from './reserve-port.ts'

t.test('each port is reserved once, and nothing listens there', async (t) => {
  const ports = await Promise.all(Array.from({ length: 20 }, () => reservePort()))
  t.teardown(() => ports.forEach(releasePort))

  t.equal(new Set(ports).size, ports.length)
  for (const port of ports) {
    const server = createServer()
    await once(server.listen(port, '127.0.0.1'), 'listening')
    server.close()
  }
  t.same(
    ports.filter((port) => port < 20_000 || port > 29_999),
    [],
  )
})
