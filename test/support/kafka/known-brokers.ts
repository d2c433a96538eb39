import { connect } from 'node:net'

const METADATA = 3
const VERSION = 4
const CLIENT_ID = Buffer.from('tests')
const ANSWER_MS = 2000

/**
 * The ids of the brokers that the one on that port of loopback knows to be alive; empty where
 * nothing answers within two seconds. Kafka protocol, Metadata v4.
 */
export async function knownBrokers(port: number): Promise<readonly number[]> {
  const { promise, resolve } = Promise.withResolvers<readonly number[]>()
  let answer = Buffer.alloc(0)
  const socket = connect({ port, host: '127.0.0.1', timeout: ANSWER_MS })
  socket.on('connect', () => socket.write(metadataRequest()))
  socket.on('timeout', () => socket.destroy())
  socket.on('error', () => {})
  socket.on('close', () => resolve([]))
  socket.on('data', (chunk) => {
    answer = Buffer.concat([answer, chunk])
    if (answer.length < 4 || answer.length < 4 + answer.readInt32BE(0)) return
    resolve(brokerIds(answer))
    socket.destroy()
  })
  return await promise
}

/** About no topic; topics are not to be created. */
function metadataRequest(): Buffer {
  const request = Buffer.alloc(4 + 2 + 2 + 4 + 2 + CLIENT_ID.length + 4 + 1)
  let at = request.writeInt32BE(request.length - 4, 0)
  at = request.writeInt16BE(METADATA, at)
  at = request.writeInt16BE(VERSION, at)
  at = request.writeInt32BE(1, at)
  at = request.writeInt16BE(CLIENT_ID.length, at)
  at += CLIENT_ID.copy(request, at)
  at = request.writeInt32BE(0, at)
  request.writeUInt8(0, at)
  return request
}

/** Size, correlation id and throttle time, then an array of id, host, port and rack. */
function brokerIds(answer: Buffer): number[] {
  const ids: number[] = []
  let at = 16
  for (let left = answer.readInt32BE(12); left > 0; left--) {
    ids.push(answer.readInt32BE(at))
    at += 4
    at += 2 + answer.readInt16BE(at) + 4
    const rack = answer.readInt16BE(at)
    at += 2 + Math.max(rack, 0)
  }
  return ids
}
