// A subscriber that costs next to nothing: scans a request for its id and time of sending, answers
// 200, and counts. Run by run.ts, which talks to it over IPC.
import { createServer, type Socket } from 'node:net'
import { Bits } from './bits.ts'
import { monotonicMicros, NUMBER_DIGITS, SENT_DIGITS } from './event-request.ts'
import { type Quantiles, Samples } from './samples.ts'

export type SinkRequest =
  /** Begin to count events whose id begins with `prefix`, and wait `delayMs` before each answer. */
  | { readonly kind: 'reset'; readonly prefix: string; readonly delayMs: number }
  | { readonly kind: 'count' | 'stats' }

export interface SinkStats {
  /** Different events. */
  readonly events: number
  readonly requests: number
  readonly latency: Quantiles
  /** Microseconds of the monotonic clock. */
  readonly firstAt: number
  readonly lastAt: number
  readonly received: Uint8Array
}

const ANSWER = Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')
const HEAD_END = Buffer.from('\r\n\r\n')
const ID = Buffer.from('\r\nce-id: ')
const SENT = Buffer.from('\r\nce-sent: ')
const LENGTH = Buffer.from('\r\ncontent-length: ')

let prefix = Buffer.alloc(0)
let delayMs = 0
let received = new Bits()
let requests = 0
let firstAt = 0
let lastAt = 0
const latencies = new Samples()

const server = createServer({ noDelay: true }, (socket) => {
  let kept: Buffer | undefined
  socket.on('data', (chunk) => {
    let bytes = kept === undefined ? chunk : Buffer.concat([kept, chunk])
    kept = undefined
    while (bytes.length > 0) {
      const length = requestLength(bytes)
      if (length === undefined || bytes.length < length) {
        kept = bytes
        return
      }
      take(bytes, socket)
      bytes = bytes.subarray(length)
    }
  })
  socket.on('error', () => socket.destroy())
})
server.listen(0, '127.0.0.1', () =>
  process.send?.({ port: (server.address() as { port: number }).port }),
)

/** Of the first request in `bytes`; undefined while its head is incomplete. */
function requestLength(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(HEAD_END)
  if (end === -1) return undefined
  const at = bytes.indexOf(LENGTH)
  if (at === -1 || at > end) throw new TypeError('A delivery has no content-length')
  return end + HEAD_END.length + digits(bytes, at + LENGTH.length, 20)
}

function take(bytes: Buffer, socket: Socket): void {
  requests++
  const at = bytes.indexOf(ID) + ID.length
  if (bytes.compare(prefix, 0, prefix.length, at, at + prefix.length) === 0) {
    const now = monotonicMicros()
    if (firstAt === 0) firstAt = now
    lastAt = now
    const isFirst = received.add(digits(bytes, at + prefix.length, NUMBER_DIGITS))
    const sentAt = bytes.indexOf(SENT)
    if (isFirst) latencies.add((now - digits(bytes, sentAt + SENT.length, SENT_DIGITS)) / 1000)
  }
  if (delayMs === 0) socket.write(ANSWER)
  else setTimeout(() => socket.write(ANSWER), delayMs)
}

function digits(bytes: Buffer, from: number, most: number): number {
  let value = 0
  for (let at = from; at < from + most; at++) {
    const digit = (bytes[at] ?? 0) - 0x30
    if (digit < 0 || digit > 9) break
    value = value * 10 + digit
  }
  return value
}

process.on('message', (request: SinkRequest) => {
  if (request.kind === 'count') {
    process.send?.(received.size)
    return
  }
  if (request.kind === 'reset') {
    prefix = Buffer.from(request.prefix)
    delayMs = request.delayMs
    received = new Bits()
    requests = 0
    firstAt = 0
    lastAt = 0
    latencies.clear()
  }
  const latency = latencies.quantiles()
  const stats: SinkStats = {
    events: received.size,
    requests,
    latency,
    firstAt,
    lastAt,
    received: received.toBytes(),
  }
  process.send?.(stats)
})
process.on('disconnect', () => process.exit(0))
