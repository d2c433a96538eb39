import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { connect, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import type { Child } from './child.ts'

const POLL_MS = 5
const READY_MS = 60_000

/** A port that nothing listens on at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** Waits until `GET /readyz` is answered with 200. */
export async function untilReady(child: Child, port: number): Promise<void> {
  const deadline = performance.now() + READY_MS
  while ((await readiness(port)) !== 200) {
    if (child.hasExited) throw new Error(`The server has ended:\n${child.output}`)
    if (performance.now() > deadline) throw new Error(`The server is not ready:\n${child.output}`)
    await setTimeout(POLL_MS)
  }
}

/** A socket, not an HTTP client: asking must cost little beside a starting server. */
async function readiness(port: number): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' })
  const { promise, resolve } = Promise.withResolvers<number>()
  socket.on('connect', () => {
    socket.write('GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n')
  })
  socket.on('data', (chunk) => resolve(Number(chunk.toString('latin1', 9, 12))))
  socket.on('error', () => resolve(0))
  socket.on('close', () => resolve(0))
  const status = await promise
  socket.destroy()
  return status
}
