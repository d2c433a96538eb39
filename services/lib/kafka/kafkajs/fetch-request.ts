import type { FetchPosition } from '../kafka-cluster.ts'
import type { RawRequest } from './broker-connection.ts'
import { apiKeys } from './kafkajs-internals.ts'
import { WireReader } from './wire-reader.ts'
import { WireWriter } from './wire-writer.ts'

const READ_COMMITTED = 1
const CONSUMER = -1

export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  /** Kafka's error code; 0 is none. */
  readonly code: number
  /** The end of what is committed. */
  readonly end: number
  readonly start: number
  readonly aborted: readonly { readonly producerId: bigint; readonly firstOffset: number }[]
  /** Record batches, the last one possibly cut off. */
  readonly batches: Buffer
}

/** Fetch v11 without a session: what is committed, from these positions on. */
export function fetchRequest(
  from: readonly FetchPosition[],
  { maxBytes, waitMs }: { readonly maxBytes: number; readonly waitMs: number },
): RawRequest<readonly FetchedPartition[]> {
  const writer = new WireWriter()
  const topics = [...Map.groupBy(from, ({ topic }) => topic)]
  writer
    .int32(CONSUMER)
    .int32(waitMs)
    .int32(1)
    .int32(maxBytes)
    .int8(READ_COMMITTED)
    .int32(0)
    .int32(-1)
    .array(topics, ([topic, positions]) => {
      writer.string(topic).array(positions, ({ partition, offset }) => {
        writer.int32(partition).int32(-1).int64(offset).int64(-1).int32(maxBytes)
      })
    })
    .array([], () => undefined)
    .string('')
  return {
    apiKey: apiKeys['Fetch'] ?? 1,
    apiVersion: 11,
    apiName: 'Fetch',
    body: writer.end(),
    decode,
  }
}

function decode(payload: Buffer): readonly FetchedPartition[] {
  const reader = new WireReader(payload)
  reader.int32() // throttle time
  const failed = reader.int16()
  reader.int32() // session
  const partitions = reader.array(() => {
    const topic = reader.string()
    return reader.array(() => {
      const partition = reader.int32()
      const code = reader.int16()
      reader.int64() // high watermark
      const end = reader.int64()
      const start = reader.int64()
      const aborted = reader.array(() => ({
        producerId: reader.bigint(),
        firstOffset: reader.int64(),
      }))
      reader.int32() // preferred read replica
      return {
        topic,
        partition,
        code: code || failed,
        end,
        start,
        aborted,
        batches: reader.bytes(),
      }
    })
  })
  return partitions.flat()
}
