import { randomInt } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isAlive } from './is-alive.ts'

/** Below the ports that systems give to outgoing connections. */
const FIRST = 20_000
const END = 30_000
const RESERVATIONS = join(tmpdir(), 'sluice-test-ports')

let isSwept = false

/**
 * A free port of loopback. It stays with this process, also while nothing listens there (a broker
 * that was killed comes back on it), until `releasePort` or the end of the process.
 */
export async function reservePort(): Promise<number> {
  sweep()
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = randomInt(FIRST, END)
    if (!reserve(port)) continue
    if (await isFree(port)) return port
    releasePort(port)
  }
  throw new Error(`no free port from ${FIRST} to ${END - 1}`)
}

export function releasePort(port: number): void {
  rmSync(join(RESERVATIONS, String(port)), { force: true })
}

function reserve(port: number): boolean {
  const file = join(RESERVATIONS, String(port))
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch {
    return false
  }
}

/** Once per process: removes what processes left that are gone. */
function sweep(): void {
  if (isSwept) return
  isSwept = true
  mkdirSync(RESERVATIONS, { recursive: true })
  for (const port of readdirSync(RESERVATIONS)) {
    if (!isHeld(join(RESERVATIONS, port))) releasePort(Number(port))
  }
}

function isHeld(file: string): boolean {
  try {
    const pid = Number(readFileSync(file, 'utf8'))
    return pid === 0 || isAlive(pid)
  } catch {
    return false
  }
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const server = createServer()
  server.on('error', () => resolve(false))
  server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
    server.close(() => resolve(true))
  })
  return await promise
}
