import { createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { WireWriter } from '#kafka/kafkajs/wire-writer.ts'
import { KafkaFrames } from '../../../support/kafka/kafka-frames.ts'

/** What a broker answers to a request; `undefined`: nothing at all. */
export type Answer = (apiKey: number, body: Buffer) => Buffer | undefined

export const API = {
  produce: 0,
  fetch: 1,
  metadata: 3,
  coordinator: 10,
  offsetFetch: 9,
  versions: 18,
}

/** The oldest that Sluice asks for, so that answers are short. */
const VERSIONS = [
  [API.produce, 7],
  [API.fetch, 11],
  [API.metadata, 6],
  [API.offsetFetch, 3],
  [API.coordinator, 1],
  [API.versions, 0],
] as const

/** A broker that answers what a test says. Requests for its versions are answered. */
export async function scriptedKafka(t: Test, answer: Answer) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    const frames = new KafkaFrames()
    socket.on('data', (chunk) => {
      for (const frame of frames.push(chunk)) {
        const apiKey = frame.readInt16BE(4)
        const body = frame.subarray(14 + frame.readInt16BE(12))
        const given = answer(apiKey, body)
        const payload = given ?? (apiKey === API.versions ? versions() : undefined)
        if (payload === undefined) continue
        const head = Buffer.alloc(8)
        head.writeInt32BE(payload.length + 4, 0)
        frame.copy(head, 4, 8, 12)
        socket.write(Buffer.concat([head, payload]))
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  t.teardown(close)
  const { port } = server.address() as { port: number }
  return { port, sockets, close }
}

function versions(): Buffer {
  const writer = new WireWriter().int16(0)
  return writer
    .array(VERSIONS, ([key, version]) => {
      writer.int16(key).int16(version).int16(version)
    })
    .int32(0)
    .end()
}

/** A Metadata answer (v6): the brokers by port, the first with id 1, and one topic with a partition each. */
export function metadata(
  ports: readonly number[],
  topic: string,
  leaders: readonly number[],
): Buffer {
  const writer = new WireWriter().int32(0)
  return writer
    .array([...ports.entries()], ([at, port]) => {
      writer
        .int32(at + 1)
        .string('127.0.0.1')
        .int32(port)
        .nullString()
    })
    .nullString()
    .int32(1)
    .array([topic], () => {
      writer.int16(0).string(topic).int8(0)
      writer.array([...leaders.entries()], ([partition, leader]) => {
        writer.int16(0).int32(partition).int32(leader)
        for (const ids of [[leader], [leader], []]) writer.array(ids, (id) => writer.int32(id))
      })
    })
    .end()
}

/** A Fetch answer (v11) with batches by partition. */
export function fetched(topic: string, batches: readonly Buffer[]): Buffer {
  const writer = new WireWriter().int32(0).int16(0).int32(0)
  return writer
    .array([topic], () => {
      writer.string(topic)
      writer.array([...batches.entries()], ([partition, batch]) => {
        writer.int32(partition).int16(0).int64(1).int64(1).int64(0).int32(0).int32(-1).bytes(batch)
      })
    })
    .end()
}
